using System.CommandLine;
using System.Globalization;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Routing;

/// <summary><c>edgemesh route explain</c>.</summary>
internal sealed class ExplainRouteCommand : CliCommand
{
    /// <summary>Where a sidecar is administered unless told otherwise.</summary>
    private static readonly Uri DefaultTarget = new("http://127.0.0.1:6540");

    private readonly Argument<string> _method = CliOption.Argument<string>("method", "The method, as in shop.v1.Catalog/Get.", PlainText.TryRead);
    private readonly Option<string?> _key = CliOption.Text("--key", "KEY", "The call's key, where the sidecar has calls of one key go to one node (route --sticky).");
    private readonly Option<bool> _json = CliOption.Json();
    private readonly AdminTargetOptions _target;

    /// <summary>Creates the command.</summary>
    public ExplainRouteCommand(Terminal terminal)
        : base(
            "explain",
            "Asks a sidecar where the next call of a method would go: every candidate, its numbers, and why it gets the call or not.",
            ["edgemesh route explain shop.v1.Catalog/Get", "edgemesh route explain shop.v1.Catalog/Get --key user-17", "edgemesh route explain shop.v1.Catalog/Get --to 127.0.0.1:6540 --json"],
            terminal)
    {
        Add(_method);
        Add(_key);
        Add(_json);
        _target = new(this, defaultTarget: DefaultTarget);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(RouteJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var connection = _target.Connect(parsed);
        var client = new RouteService.RouteServiceClient(connection.Channel);
        var (response, _) = await connection.CallAsync(options => client.ExplainRouteAsync(new ExplainRouteRequest { Method = parsed.GetRequiredValue(_method), Key = parsed.GetValue(_key) ?? "" }, options), cancellationToken);
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(Terminal, RouteJson.Of(response));
        }
        else
        {
            Show(RouteJson.Of(response));
        }

        return ExitCodes.Success;
    }

    private void Show(RouteJson route)
    {
        var calls = !route.Known ? "not described to the mesh: its calls pass through as they come, and are sent again only where that is proven safe"
            : !route.Unary ? "a stream: its calls pass through as they come"
            : route.SideEffectFree ? "unary, free of side effects: its calls may be sent again, and hedged"
            : "unary, with side effects: its calls are sent again only where no node can have seen them";
        Terminal.Out.WriteLine($"{route.Method}: {calls}.");
        if (route.Candidates.Count == 0)
        {
            Terminal.Out.WriteLine($"No node has told who is in the mesh: {route.Fault}");
            return;
        }

        var table = new TextTable("Node", ">Share", ">Cost", ">Round trip", ">Served", ">Failed", ">In flight", ">Capacity", "Why");
        foreach (var node in route.Candidates)
        {
            table.Add(
                node.Node,
                Percent(node.Share),
                Milliseconds.Show(node.CostMs),
                Milliseconds.Show(node.RoundTripMs),
                Milliseconds.Show(node.ServedMs),
                Percent(node.FailureShare),
                string.Create(CultureInfo.InvariantCulture, $"{node.NodeInFlight}"),
                node.Capacity == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{node.Capacity}"),
                node.Fault.Length == 0 ? node.Why : $"{node.Why} ({node.Fault})");
        }

        table.Write(Terminal.OutConsole, Terminal.OutIsTerminal);
        if (route.FurtherNodes > 0)
        {
            Terminal.Out.WriteLine($"{route.FurtherNodes} nodes more are in the mesh of {route.Region}, further away.");
        }
    }

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.#} %");
}

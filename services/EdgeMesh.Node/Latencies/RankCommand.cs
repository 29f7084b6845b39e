using System.CommandLine;
using System.Globalization;
using EdgeMesh.Latency.Positions;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.Probing.Messages;
using EdgeMesh.V1;
using Grpc.Core;

namespace EdgeMesh.Node.Latencies;

/// <summary><c>edgemesh rank</c>.</summary>
internal sealed class RankCommand : CliCommand
{
    private const int IataLength = 3;
    private const int MaxLimit = 5_000;

    private readonly Option<string> _near = CliOption.Required<string>("--near", "PLACE", "Near to what: LATITUDE,LONGITUDE, a location code such as LHR, a node's name or address, or the IP address of a client.", PlainText.TryRead);
    private readonly Option<NodeKind[]> _kinds = CliOption.Many<NodeKind>("--kind", "KIND", "Only nodes of this kind: region, edge-location or local-zone.", TryReadKind);
    private readonly Option<string[]> _services = CliOption.ManyTexts("--service", "NAME", "Only nodes that answer this service, by its full name.");
    private readonly Option<string[]> _jurisdictions = CliOption.ManyTexts("--jurisdiction", "CODE", "Only nodes that say to be in this jurisdiction, or in another that is named so.");
    private readonly Option<int> _limit = CliOption.Value("--limit", "N", "How many nodes at most.", WholeNumber.Between(1, MaxLimit), 10);
    private readonly Option<bool> _draining = CliOption.Flag("--include-draining", "Also nodes that take no new callers.");
    private readonly Option<bool> _json = CliOption.Json();
    private readonly TargetOptions _target;

    /// <summary>Creates the command.</summary>
    public RankCommand(Terminal terminal)
        : base(
            "rank",
            "Puts the nodes of a mesh in order of the round trip to expect from somewhere, with how sure that is and why. An expectation, not a measurement: edgemesh ping decides.",
            ["edgemesh rank --near LHR", "edgemesh rank --near 48.86,2.35 --kind edge-location -n 3", "edgemesh rank --near FRA50-1 --jurisdiction DE --jurisdiction FR --json"],
            terminal)
    {
        _limit.Aliases.Add("-n");
        Add(_near);
        Add(_kinds);
        Add(_services);
        Add(_jurisdictions);
        Add(_limit);
        Add(_draining);
        Add(_json);
        _target = new(this);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(RankJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var connection = _target.Connect(parsed);
        var nodes = await RankAsync(connection, Read(parsed), parsed.GetRequiredValue(_near), cancellationToken);
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(Terminal, new RankJson(nodes));
            return ExitCodes.Success;
        }

        var table = new TextTable(">#", "Node", "Kind", "Address", ">Expected", ">±", "Why");
        foreach (var (index, node) in nodes.Index())
        {
            table.Add((index + 1).ToString(CultureInfo.InvariantCulture), node.Node, node.Kind, node.Address, Milliseconds.Show(node.ExpectedMs), Milliseconds.Show(node.UncertaintyMs), node.Why);
        }

        table.Write(Terminal.OutConsole, Terminal.OutIsTerminal);
        return ExitCodes.Success;
    }

    private static bool TryReadKind(string text, out NodeKind value, out string error)
    {
        error = "want region, edge-location or local-zone";
        value = Array.Find([NodeKind.Region, NodeKind.EdgeLocation, NodeKind.LocalZone], kind => NodeJson.KindOf(kind) == text);
        return value != NodeKind.Unspecified;
    }

    private RankRequest Read(ParseResult parsed)
    {
        var request = new RankRequest { Limit = (uint)parsed.GetRequiredValue(_limit), IncludeDraining = parsed.GetValue(_draining) };
        request.Kinds.AddRange(parsed.GetRequiredValue(_kinds));
        request.Services.AddRange(parsed.GetRequiredValue(_services));
        request.Jurisdictions.AddRange(parsed.GetRequiredValue(_jurisdictions));
        return request;
    }

    /// <summary>A node's name may read like a location code (LHR50-1): the mesh is asked first, and the map where it knows no such node.</summary>
    private static async Task<IReadOnlyList<RankedNodeJson>> RankAsync(TargetConnection connection, RankRequest request, string near, CancellationToken cancellationToken)
    {
        if (near.Contains(',', StringComparison.Ordinal) || near.Length == IataLength)
        {
            request.Position = GeoPosition.TryParse(near, out var place, out var error) ? place.ToMessage() : throw new CliException($"--near '{near}': {error}", ExitCodes.Usage);
            return await AskAsync();
        }

        request.Address = near;
        try
        {
            return await AskAsync();
        }
        catch (TargetException failure) when (failure.Status is StatusCode.NotFound or StatusCode.InvalidArgument && LocationCodes.Find(near) is { } location)
        {
            request.Position = location.Position.ToMessage();
            return await AskAsync();
        }

        async Task<IReadOnlyList<RankedNodeJson>> AskAsync()
        {
            var client = new LatencyService.LatencyServiceClient(connection.Channel);
            var (response, _) = await connection.CallAsync(options => client.RankAsync(request, options), cancellationToken);
            return [.. response.Nodes.Select(RankedNodeJson.Of)];
        }
    }
}

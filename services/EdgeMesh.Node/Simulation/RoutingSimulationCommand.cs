using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using EdgeMesh.Lab.RoutingSimulation;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.Simulation;

/// <summary><c>edgemesh lab routing</c>.</summary>
internal sealed class RoutingSimulationCommand : CliCommand
{
    private static readonly RoutingScenario[] Scenarios = Enum.GetValues<RoutingScenario>();

    private readonly Option<RoutingScenario> _scenario = CliOption.Required<RoutingScenario>(
        "--scenario", "NAME", "What happens: kill, blackhole (the nearest node), stragglers (2 % of calls, everywhere), overload (all nodes 20 times as slow) or herd (all clients nearest to a node that can serve half of them).", TryReadScenario);

    private readonly Option<int?> _clients = CliOption.Value<int?>("--clients", "N", "How many clients; default: 1000 in a herd, 50 otherwise.", TryReadClients);
    private readonly Option<int> _nodes = CliOption.Value("--nodes", "N", "How many nodes.", WholeNumber.Between(2, 16), 5);
    private readonly Option<double> _rtt = CliOption.Value("--rtt", "MS", "Round trip to the nearest node, in milliseconds.", TryReadMilliseconds, 2.0);
    private readonly Option<double> _step = CliOption.Value("--step", "MS", "How much farther each node is than the one before, in milliseconds; 0: replicas in one place.", TryReadMilliseconds, 6.0);
    private readonly Option<Duration?> _duration = CliOption.Value<Duration?>("--duration", "TIME", "How long clients call after the event, in virtual time, 5s to 1h; default: 30s, in a herd 2m.", TryReadDuration);
    private readonly Option<bool> _capacity = CliOption.Flag("--tell-capacity", "Nodes tell how many calls they can serve at once, as those do that were started with --capacity.");
    private readonly Option<int> _seed = CliOption.Value("--seed", "N", "Of all randomness: the same seed gives the same answer.", WholeNumber.Between(0, int.MaxValue), 1);
    private readonly Option<bool> _json = CliOption.Json();

    /// <summary>Creates the command.</summary>
    public RoutingSimulationCommand(Terminal terminal)
        : base(
            "routing",
            "Plays clients with load and nodes that die, hang, straggle or fill up, in virtual time, with the routing client that ships: what callers would have seen.",
            ["edgemesh lab routing --scenario kill", "edgemesh lab routing --scenario stragglers --seed 7 --json", "edgemesh lab routing --scenario herd --clients 200 --tell-capacity"],
            terminal)
    {
        Add(_scenario);
        Add(_clients);
        Add(_nodes);
        Add(_rtt);
        Add(_step);
        Add(_duration);
        Add(_capacity);
        Add(_seed);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(RoutingSimulationJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var options = new RoutingSimulationOptions
        {
            Scenario = parsed.GetRequiredValue(_scenario),
            Clients = parsed.GetValue(_clients),
            Nodes = parsed.GetValue(_nodes),
            NearestRoundTrip = TimeSpan.FromMilliseconds(parsed.GetRequiredValue(_rtt)),
            RoundTripStep = TimeSpan.FromMilliseconds(parsed.GetRequiredValue(_step)),
            Duration = parsed.GetValue(_duration)?.Time,
            IsCapacityTold = parsed.GetValue(_capacity),
            Seed = parsed.GetValue(_seed),
        };
        try
        {
            options.Validate();
        }
        catch (ArgumentException exception)
        {
            throw new CliException(exception.Message, ExitCodes.Usage, exception);
        }

        var report = RoutingSimulationJson.Of(await Task.Run(() => RoutingSimulator.Run(options, cancellationToken), cancellationToken));
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(Terminal, report);
        }
        else
        {
            Show(report);
        }

        return ExitCodes.Success;
    }

    private static bool TryReadScenario(string text, [MaybeNullWhen(false)] out RoutingScenario value, out string error)
    {
        error = $"want {string.Join(", ", Scenarios.Select(scenario => scenario.ToString().ToLowerInvariant()))}";
        value = Scenarios.FirstOrDefault(scenario => scenario.ToString().Equals(text, StringComparison.OrdinalIgnoreCase));
        return value.ToString().Equals(text, StringComparison.OrdinalIgnoreCase);
    }

    private static bool TryReadMilliseconds(string text, out double value, out string error)
    {
        error = "want milliseconds from 0 to 1000";
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && value is >= 0 and <= 1000;
    }

    private static bool TryReadClients(string text, out int? value, out string error)
    {
        var isRight = WholeNumber.Between(1, 10_000)(text, out var number, out error);
        value = isRight ? number : null;
        return isRight;
    }

    private static bool TryReadDuration(string text, out Duration? value, out string error)
    {
        var isRight = Duration.TryRead(text, out var duration, out error);
        value = isRight ? duration : null;
        return isRight;
    }

    private void Show(RoutingSimulationJson report)
    {
        var table = new TextTable("Measure", ">Value", "Aim");
        table.Add("failed calls", string.Create(CultureInfo.InvariantCulture, $"{report.FailedCalls} of {report.Calls}"), "0");
        table.Add("p50 before", Milliseconds.Show(report.P50Ms), "");
        table.Add("p99 before", Milliseconds.Show(report.P99Ms), "");
        switch (report.Scenario)
        {
            case "kill" or "blackhole":
                table.Add("p99 of the second after", Milliseconds.Show(report.P99AfterMs), report.Scenario == "kill" ? "250 ms and one round trip" : "");
                table.Add("ejected by all within", report.EjectedAfterMs is null ? "not ejected" : Milliseconds.Show(report.EjectedAfterMs), report.Scenario == "kill" ? "" : "1 s");
                break;
            case "stragglers":
                table.Add("p99", Milliseconds.Show(report.P99AfterMs), "");
                table.Add("p99 without hedging", Milliseconds.Show(report.P99UnhedgedMs), "");
                table.Add("cut", Percent(report.P99Cut), "80 %");
                break;
            default:
                table.Add("p99 after", Milliseconds.Show(report.P99AfterMs), "");
                break;
        }

        table.Add("calls at nodes over calls made", report.LoadFactor.ToString("0.000", CultureInfo.InvariantCulture), report.Scenario switch { "stragglers" => "1.05", "overload" => "1.03", _ => "" });
        if (report.PeakLoad is { } peak)
        {
            table.Add("peak load over capacity", peak.ToString("0.00", CultureInfo.InvariantCulture), "1.2");
            table.Add("home moves per client and minute", report.HomeMovesPerClientMinute.ToString("0.00", CultureInfo.InvariantCulture), "1");
        }

        table.Write(Terminal.OutConsole, Terminal.OutIsTerminal);
        Terminal.Out.WriteLine($"{report.Clients} clients, {report.Nodes} nodes, seed {report.Seed}");
    }

    private static string Percent(double? share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.0} %");
}

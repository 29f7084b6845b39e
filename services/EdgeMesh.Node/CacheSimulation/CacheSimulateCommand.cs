using System.CommandLine;
using System.Globalization;
using EdgeMesh.Lab.CacheSimulation;
using EdgeMesh.Lab.CacheSimulation.Traces;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.CacheSimulation;

/// <summary><c>edgemesh cache simulate</c>.</summary>
internal sealed class CacheSimulateCommand : CliCommand
{
    private const string StandardInput = "-";
    private const string AllPolicies = "all";

    private readonly Argument<string> _trace = CliOption.Argument<string>(
        "trace", "The file, which may end in .gz or, where xz is installed, .xz; or - for standard input.", PlainText.TryRead);

    private readonly Option<TraceFormat> _format = CliOption.Required<TraceFormat>(
        "--format", "FORMAT", "How it is written: " + string.Join("; ", TraceFormat.All.Select(format => $"{format.Name} ({format.Description})")) + ".", TryReadFormat);

    private readonly Option<PolicyChoice[]> _policy = CliOption.Value<PolicyChoice[]>(
        "--policy", "NAME,...", $"Which policies: {PolicyChoice.Names}, density with another exponent; default: all of these.", TryReadPolicies, []);

    private readonly Option<CapacityText[]> _capacity = CliOption.Value<CapacityText[]>(
        "--capacity", "SIZE,...", "How large the cache is: per cent of all objects' bytes, or sizes such as 64MiB; without sizes, of objects. Default: 0.1%,1%,10%.", CapacityText.TryReadList, []);

    private readonly Option<bool> _unit = CliOption.Flag("--unit", "Take every object for one byte: capacities and ratios count objects.");
    private readonly Option<string?> _plot = CliOption.Text("--plot", "FILE.svg", "Also draw the miss ratios over the capacities between the least and the largest.");
    private readonly Option<bool> _json = CliOption.Json();

    /// <summary>Creates the command.</summary>
    public CacheSimulateCommand(Terminal terminal)
        : base(
            "simulate",
            "Says which share of a trace's requests and bytes a cache would have answered, by policy and capacity. s3-fifo and density are the code that edges run; the others are there to compare with.",
            [
                "edgemesh cache simulate london.trace --format own",
                "edgemesh cache simulate requests.txt.gz --format text-time-id-size --policy density:1,density:0,lru --capacity 256MiB,1GiB",
                "edgemesh cache simulate ids.bin --format be-i64 --capacity 1%,10% --plot curve.svg --json",
            ],
            terminal)
    {
        Add(_trace);
        Add(_format);
        Add(_policy);
        Add(_capacity);
        Add(_unit);
        Add(_plot);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(IReadOnlyList<CacheSimulationJson>)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var progress = new SimulationProgress(Terminal, TimeProvider.System);
        try
        {
            // 1. The trace.
            var format = parsed.GetRequiredValue(_format);
            var trace = await Task.Run(() => ReadTrace(parsed.GetRequiredValue(_trace), format, progress, cancellationToken), cancellationToken);
            var hasSizes = format.HasSizes && !parsed.GetValue(_unit);
            trace = hasSizes ? trace : trace.WithUnitSizes();

            // 2. Each policy at each capacity, and for the plot at those between.
            var policies = parsed.GetRequiredValue(_policy) is { Length: > 0 } chosen ? chosen : [.. PolicyChoice.All];
            var capacities = Capacities(parsed);
            var plotPath = parsed.GetValue(_plot);
            long[] asked = [.. capacities.Select(capacity => capacity.For(trace))];
            var all = plotPath is null ? asked : MissRatioPlot.CapacitiesBetween(asked);
            var results = await Task.Run(() => CacheSimulator.RunAll(trace, policies, all, new Counter(progress, policies.Length * all.Distinct().Count()), cancellationToken), cancellationToken);

            // 3. The answer.
            progress.Dispose();
            if (plotPath is not null)
            {
                await WritePlotAsync(plotPath, MissRatioPlot.Draw(results, hasSizes), cancellationToken);
            }

            Show(parsed.GetValue(_json), policies, capacities, asked, hasSizes, trace, results);
            return ExitCodes.Success;
        }
        catch (TraceException exception)
        {
            throw new CliException($"{parsed.GetRequiredValue(_trace)}: {exception.Message}", ExitCodes.Usage, exception);
        }
    }

    private static bool TryReadFormat(string text, out TraceFormat value, out string error)
    {
        error = $"there are {string.Join(", ", TraceFormat.All.Select(format => format.Name))}";
        return TraceFormat.TryRead(text, out value!);
    }

    private static bool TryReadPolicies(string text, out PolicyChoice[] value, out string error)
    {
        error = $"there are {AllPolicies}, {PolicyChoice.Names}; density takes exponents from 0 to 1";
        var chosen = new List<PolicyChoice>();
        foreach (var name in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (name == AllPolicies)
            {
                chosen.AddRange(PolicyChoice.All);
            }
            else if (PolicyChoice.TryRead(name, out var policy))
            {
                chosen.Add(policy);
            }
            else
            {
                value = [];
                return false;
            }
        }

        value = [.. chosen.DistinctBy(policy => policy.Name)];
        return true;
    }

    private CapacityText[] Capacities(ParseResult parsed)
    {
        if (parsed.GetRequiredValue(_capacity) is { Length: > 0 } given)
        {
            return given;
        }

        CapacityText.TryReadList("0.1%,1%,10%", out var usual, out _);
        return usual;
    }

    private Trace ReadTrace(string path, TraceFormat format, SimulationProgress progress, CancellationToken cancellationToken) => path == StandardInput
        ? TraceReader.Read(Terminal.Input, format, progress, cancellationToken)
        : TraceFile.Read(path, format, progress, cancellationToken);

    private static async Task WritePlotAsync(string path, string svg, CancellationToken cancellationToken)
    {
        try
        {
            await File.WriteAllTextAsync(path, svg, cancellationToken);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"--plot {path}: {failure.Message}", inner: failure);
        }
    }

    private void Show(bool json, PolicyChoice[] policies, CapacityText[] capacities, long[] asked, bool hasSizes, Trace trace, IReadOnlyList<SimulationResult> results)
    {
        var rows = new List<CacheSimulationJson>();
        foreach (var policy in policies)
        {
            rows.AddRange(capacities.Select((capacity, i) =>
                CacheSimulationJson.Of(capacity.Text, results.First(result => result.Policy == policy.Name && result.CapacityBytes == asked[i]))));
        }

        if (json)
        {
            JsonOutput.Write<IReadOnlyList<CacheSimulationJson>>(Terminal, rows);
            return;
        }

        Terminal.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{trace.Requests.Length:N0} requests for {trace.Sizes.Length:N0} objects{(hasSizes ? $" of {ByteSize.Show((ulong)trace.FootprintBytes)}" : "")}"));
        var table = new TextTable("Policy", ">Capacity", hasSizes ? ">Bytes" : ">Objects", ">Object hit", ">Byte hit");
        foreach (var row in rows)
        {
            table.Add(row.Policy, row.Capacity, row.CapacityBytes.ToString("N0", CultureInfo.InvariantCulture), Percent(row.ObjectHit), Percent(row.ByteHit));
        }

        table.Write(Terminal.OutConsole, Terminal.OutIsTerminal);
    }

    private static string Percent(double ratio) => string.Create(CultureInfo.InvariantCulture, $"{ratio * 100:0.0} %");

    /// <summary>Counts simulations as they end.</summary>
    private sealed class Counter(SimulationProgress progress, int all) : IProgress<SimulationResult>
    {
        private int _done;

        public void Report(SimulationResult value) => progress.Report(Interlocked.Increment(ref _done), all);
    }
}

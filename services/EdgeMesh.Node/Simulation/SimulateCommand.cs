using System.CommandLine;
using System.Globalization;
using EdgeMesh.Lab.LatencySimulation;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.Simulation;

/// <summary><c>edgemesh lab simulate</c>.</summary>
internal sealed class SimulateCommand : CliCommand
{
    private readonly Option<string> _matrix = CliOption.RequiredText(
        "--matrix", "FILE", "Round trips in milliseconds, as probes measure them: a square matrix as text, or JSON of named pairs; gzip or not.");

    private readonly Option<string?> _judge = CliOption.Text(
        "--judge", "FILE", "The same rows at another time: answers are judged by these round trips instead.");

    private readonly Option<string?> _positions = CliOption.Text(
        "--positions", "FILE", "Where the rows are: NAME, latitude, longitude a line, or JSON. Nodes publish theirs, clients take theirs as a hint.");

    private readonly Option<int> _nodes = CliOption.Value(
        "--nodes", "N", "Rows, drawn at random, that are nodes; all others are clients.", WholeNumber.Between(2, RttMatrix.MaxRows), 64);

    private readonly Option<double> _mislocated = CliOption.Value(
        "--mislocated", "SHARE", "Share of clients that are told another row's position. Needs --positions.", Fraction.TryRead, 0.0);

    private readonly Option<int> _neighbours = CliOption.Value(
        "--neighbours", "N", "Rows that each row probes while coordinates are learnt.", WholeNumber.Between(1, RttMatrix.MaxRows), 32);

    private readonly Option<int> _probeBudget = CliOption.Value(
        "--probe-budget", "N", "Probes that a client may send.", WholeNumber.Between(1, RttMatrix.MaxRows), 20);

    private readonly Option<double> _jitter = CliOption.Value(
        "--jitter", "SHARE", "Mean of the exponential jitter that every probe meets, as a share of its round trip.", Fraction.TryRead, 0.01);

    private readonly Option<double> _loss = CliOption.Value("--loss", "SHARE", "Share of probes lost.", Fraction.TryRead, 0.0);
    private readonly Option<int> _seed = CliOption.Value("--seed", "N", "Of all randomness: the same seed gives the same answer.", WholeNumber.Between(0, int.MaxValue - MaxRuns), 1);
    private readonly Option<int> _runs = CliOption.Value("--runs", "N", "Runs with one seed after another; their medians are shown.", WholeNumber.Between(1, MaxRuns), 1);
    private readonly Option<bool> _json = CliOption.Json();

    private const int MaxRuns = 1000;

    /// <summary>Creates the command.</summary>
    public SimulateCommand(Terminal terminal)
        : base(
            "simulate",
            "Plays a mesh and its clients over a matrix of round trips, in virtual time, with the code that ships: how well coordinates foretell, and whether clients find their nearest node.",
            [
                "edgemesh lab simulate --matrix rtt.tsv.gz",
                "edgemesh lab simulate --matrix regions.json --positions regions-positions.json --nodes 12 --mislocated 0.1 --runs 9 --json",
                "edgemesh lab simulate --matrix monday.tsv --judge tuesday.tsv --probe-budget 15 --seed 7",
            ],
            terminal)
    {
        Add(_matrix);
        Add(_judge);
        Add(_positions);
        Add(_nodes);
        Add(_mislocated);
        Add(_neighbours);
        Add(_probeBudget);
        Add(_jitter);
        Add(_loss);
        Add(_seed);
        Add(_runs);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(SimulationJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        try
        {
            var options = Read(parsed);
            options.Validate();
            var runs = new List<SimulationJson>();
            for (var run = 0; run < parsed.GetValue(_runs); run++)
            {
                var seeded = options with { Seed = options.Seed + run };
                runs.Add(SimulationJson.Of(await Task.Run(() => LatencySimulator.Run(seeded, cancellationToken), cancellationToken)));
            }

            Show(runs.Count == 1 ? runs[0] : Medians(runs), parsed.GetValue(_json));
            return ExitCodes.Success;
        }
        catch (RttMatrixException exception)
        {
            throw new CliException(exception.Message, ExitCodes.Usage, exception);
        }
    }

    private static SimulationJson Medians(List<SimulationJson> runs)
    {
        double Median(Func<SimulationJson, double> field) => runs.Select(field).Order().ElementAt((runs.Count - 1) / 2);
        return new(
            Median(run => run.CoordinateMedianError),
            Median(run => run.CoordinateP90Error),
            Median(run => run.TrueNearest),
            Median(run => run.Within5Milliseconds),
            Median(run => run.MeanPenaltyMilliseconds),
            Median(run => run.P99PenaltyMilliseconds),
            Median(run => run.ProbesMean),
            Median(run => run.ConfidenceMean),
            Median(run => run.SearchMeanMilliseconds),
            Median(run => run.FullProbingTrueNearest),
            Median(run => run.CoordinatesAloneTrueNearest),
            runs[0].GeographyAloneTrueNearest is null ? null : Median(run => run.GeographyAloneTrueNearest!.Value),
            runs[0].Clients,
            runs[0].Nodes,
            runs[0].Seed,
            runs);
    }

    private LatencySimulationOptions Read(ParseResult parsed)
    {
        var matrix = RttMatrixReader.Read(parsed.GetRequiredValue(_matrix));
        return new()
        {
            Matrix = matrix,
            Judge = parsed.GetValue(_judge) is { } judge ? RttMatrixReader.Read(judge) : null,
            Positions = parsed.GetValue(_positions) is { } positions ? PositionsReader.Read(positions, matrix.Names) : null,
            Nodes = parsed.GetValue(_nodes),
            Mislocated = parsed.GetValue(_mislocated),
            Neighbours = parsed.GetValue(_neighbours),
            ProbeBudget = parsed.GetValue(_probeBudget),
            Jitter = parsed.GetValue(_jitter),
            Loss = parsed.GetValue(_loss),
            Seed = parsed.GetValue(_seed),
        };
    }

    private void Show(SimulationJson result, bool json)
    {
        if (json)
        {
            JsonOutput.Write(Terminal, result);
            return;
        }

        var table = new TextTable("Measure", ">Value", ">Lowest", ">Highest");
        void Row(string name, Func<SimulationJson, double> field, string format)
        {
            IReadOnlyList<SimulationJson> runs = result.Runs.Count > 0 ? result.Runs : [result];
            table.Add([name, .. new[] { field(result), runs.Min(field), runs.Max(field) }.Select(value => value.ToString(format, CultureInfo.InvariantCulture))]);
        }

        Row("coordinates: median error", run => run.CoordinateMedianError, "0.0 %");
        Row("coordinates: p90 error", run => run.CoordinateP90Error, "0.0 %");
        Row("true nearest", run => run.TrueNearest, "0.0 %");
        Row("within 5 ms", run => run.Within5Milliseconds, "0.0 %");
        Row("mean penalty", run => run.MeanPenaltyMilliseconds, "0.00 ms");
        Row("p99 penalty", run => run.P99PenaltyMilliseconds, "0.00 ms");
        Row("probes", run => run.ProbesMean, "0.0");
        Row("confidence", run => run.ConfidenceMean, "0.0 %");
        Row("time of a search", run => run.SearchMeanMilliseconds, "0 ms");
        Row("true nearest by full probing", run => run.FullProbingTrueNearest, "0.0 %");
        Row("by coordinates alone", run => run.CoordinatesAloneTrueNearest, "0.0 %");
        if (result.GeographyAloneTrueNearest is not null)
        {
            Row("by geography alone", run => run.GeographyAloneTrueNearest!.Value, "0.0 %");
        }

        table.Write(Terminal.OutConsole, Terminal.OutIsTerminal);
        Terminal.Out.WriteLine($"{result.Clients} clients, {result.Nodes} nodes, {Math.Max(1, result.Runs.Count)} run(s) from seed {result.Seed}");
    }
}

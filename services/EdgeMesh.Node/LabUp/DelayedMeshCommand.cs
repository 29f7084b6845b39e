using System.CommandLine;
using System.Globalization;
using EdgeMesh.Lab.LatencySimulation;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Up;
using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.LabUp;

/// <summary><c>edgemesh lab up</c>.</summary>
/// <remarks>
/// <list type="number">
/// <item>Start the nodes, each behind a relay that delays by the matrix; wait until all are healthy.</item>
/// <item>Start the clients in this process; wait until each has found its nearest node.</item>
/// <item>Let them call until Ctrl-C or the end of <c>--duration</c>; say whose calls go elsewhere, and which node ended.</item>
/// <item>Show who picked whom; stop the nodes; remove their data.</item>
/// </list>
/// </remarks>
internal sealed class DelayedMeshCommand : CliCommand
{
    private const int DefaultClients = 8;

    private static readonly TimeSpan CheckDuration = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    // Twenty probes over the longest ways, on a busy machine.
    private static readonly TimeSpan SearchPatience = TimeSpan.FromMinutes(1);

    private readonly Option<string> _matrix = CliOption.RequiredText("--matrix", "FILE", "Round trips in milliseconds: a square matrix as text, or JSON of named pairs; gzip or not, as lab simulate takes it.");
    private readonly Option<int> _nodes = CliOption.Value("--nodes", "N", "Rows, drawn at random, that are nodes, a process each: a Region and edge locations.", WholeNumber.Between(2, MeshPlan.MostEdges + 1), 4);
    private readonly Option<int> _clients = CliOption.Value("--clients", "N", "Other rows, drawn at random, that are clients; fewer if there are fewer rows.", WholeNumber.Between(1, 200), DefaultClients);
    private readonly Option<int> _rate = CliOption.Value("--rate", "N", "Calls a second of each client.", WholeNumber.Between(1, 1000), 10);
    private readonly Option<double> _access = CliOption.Value("--rtt", "MS", "Milliseconds that every client has on its way to everywhere, beside the matrix: its access link.", TryReadAccess, 0.0);
    private readonly Option<double> _loss = CliOption.Value("--loss", "SHARE", "Share of segments lost on every way; what was lost comes again 200 ms and a round trip later, as TCP sends it.", TryReadLoss, 0.0);
    private readonly Option<Duration> _probeTimeout = CliOption.Value("--probe-timeout", "TIME", "A probe of a client without an answer for so long, and three round trips more, is missed, 10ms to 1m: longer on a busy machine.", TryReadProbeTimeout, new Duration(TimeSpan.FromMilliseconds(250)));
    private readonly Option<Duration?> _duration = CliOption.Value<Duration?>("--duration", "TIME", "Ends after this; default: with Ctrl-C, and with --check after 5s.", Duration.TryReadOptional);
    private readonly Option<bool> _check = CliOption.Flag("--check", "Verify that every client calls its nearest node, by the matrix, and that no call failed: exit code 0 or 1.");
    private readonly Option<int> _seed = CliOption.Value("--seed", "N", "Of who is node, who is client, and of losses.", WholeNumber.Between(0, int.MaxValue), 1);
    private readonly Option<bool> _json = CliOption.Json();

    /// <summary>Creates the command.</summary>
    public DelayedMeshCommand(Terminal terminal)
        : base(
            "up",
            "Starts a mesh of processes on this machine with the delays of a matrix between them, and clients that route and call: at the end, who picked whom, and how far the best was. Linux only.",
            [
                "edgemesh lab up --matrix regions.json --nodes 6",
                "edgemesh lab up --matrix rtt.tsv.gz --nodes 8 --clients 20 --rtt 15 --loss 0.01 --duration 1m",
                "edgemesh lab up --matrix regions.json --nodes 4 --check --json",
            ],
            terminal)
    {
        Add(_matrix);
        Add(_nodes);
        Add(_clients);
        Add(_rate);
        Add(_access);
        Add(_loss);
        Add(_probeTimeout);
        Add(_duration);
        Add(_check);
        Add(_seed);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(DelayedMeshJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new CliException("lab up runs on Linux only: nodes are told apart by /proc");
        }

        var matrix = ReadMatrix(parsed);
        using var data = MeshData.Open(null);
        await using var mesh = new DelayedMesh(matrix, parsed.GetRequiredValue(_nodes), TimeSpan.FromMilliseconds(parsed.GetRequiredValue(_access)), parsed.GetRequiredValue(_loss), parsed.GetRequiredValue(_seed));
        var log = new EventLog(Terminal.ErrorConsole, mesh.Names);
        var clients = new List<PlacedClient>();
        try
        {
            await StartAsync(mesh, data.Path, parsed, clients, log, cancellationToken);
            var isCheck = parsed.GetValue(_check);
            await CallAsync(mesh, clients, parsed.GetRequiredValue(_rate), parsed.GetValue(_duration)?.Time ?? (isCheck ? CheckDuration : Timeout.InfiniteTimeSpan), cancellationToken);
            return Report(mesh, clients, isCheck, parsed.GetValue(_json));
        }
        catch (CliException)
        {
            // The nodes' own lines say more than ours.
            log.Release();
            throw;
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    private static bool TryReadAccess(string text, out double value, out string error)
    {
        error = "want milliseconds from 0 to 1000";
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && value is >= 0 and <= 1000;
    }

    private static bool TryReadLoss(string text, out double value, out string error)
    {
        error = "want a share from 0 to 0.5, such as 0.01";
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && value is >= 0 and <= 0.5;
    }

    private static bool TryReadProbeTimeout(string text, out Duration value, out string error)
    {
        var isTime = Duration.TryRead(text, out value, out _);
        error = "want a time from 10ms to 1m";
        return isTime && value.Time >= TimeSpan.FromMilliseconds(10) && value.Time <= TimeSpan.FromMinutes(1);
    }

    private RttMatrix ReadMatrix(ParseResult parsed)
    {
        try
        {
            var matrix = RttMatrixReader.Read(parsed.GetRequiredValue(_matrix));
            return parsed.GetRequiredValue(_nodes) < matrix.Count ? matrix : throw new CliException(
                $"--nodes is {parsed.GetRequiredValue(_nodes)}, want 2 to {Math.Min(matrix.Count, MeshPlan.MostEdges + 2) - 1} of {matrix.Count} rows: at least one must be a client", ExitCodes.Usage);
        }
        catch (RttMatrixException exception)
        {
            throw new CliException($"--matrix {exception.Message}", ExitCodes.Usage, exception);
        }
    }

    private async Task StartAsync(DelayedMesh mesh, string data, ParseResult parsed, List<PlacedClient> clients, EventLog log, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        await Terminal.Error.WriteLineAsync($"starting {mesh.NodePlaces.Count} nodes");
        await mesh.StartAsync(
            data,
            log.Write,
            node => Terminal.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{node.Name,-10} at {mesh.NameOf(node.Place)}, {TargetAddress.Show(node.Address)}, process {node.Child.Pid}, ready after {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0.0} s")),
            cancellationToken);
        var bootstrap = mesh.Nodes.Select(node => node.Address).ToList();
        clients.AddRange(mesh.ClientPlaces.Take(parsed.GetRequiredValue(_clients)).Select(place => new PlacedClient(mesh.Places, place, bootstrap, parsed.GetRequiredValue(_probeTimeout).Time)));
        await Terminal.Error.WriteLineAsync($"{clients.Count} clients look for their nearest nodes");
        try
        {
            await Task.WhenAll(clients.Select(client => client.WaitForNearestAsync(cancellationToken))).WaitAsync(SearchPatience, cancellationToken);
        }
        catch (TimeoutException exception)
        {
            throw new CliException($"not every client found a node within {SearchPatience.TotalSeconds:0} s", inner: exception);
        }
    }

    /// <summary>Lets clients call, and says what happens.</summary>
    private async Task CallAsync(DelayedMesh mesh, List<PlacedClient> clients, int callsPerSecond, TimeSpan duration, CancellationToken cancellationToken)
    {
        await Terminal.Error.WriteLineAsync(duration == Timeout.InfiniteTimeSpan ? "clients call; Ctrl-C ends it" : $"clients call for {duration.TotalSeconds:0.#} s");
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        end.CancelAfter(duration);
        var calling = clients.Select(client => client.CallAsync(callsPerSecond, end.Token)).ToList();
        var running = mesh.Nodes.ToList();
        using var looks = new PeriodicTimer(Look);
        try
        {
            do
            {
                foreach (var ended in running.Where(node => node.Child.Ended.IsCompleted).ToList())
                {
                    running.Remove(ended);
                    await Terminal.Error.WriteLineAsync($"{ended.Name} at {mesh.NameOf(ended.Place)} ended with exit code {await ended.Child.Ended}");
                }

                foreach (var client in clients)
                {
                    if (client.LookForMove() is { } home)
                    {
                        await Terminal.Error.WriteLineAsync($"{mesh.NameOf(client.Place)}: calls go to {home.Name}{(home.RoundTrip is { } roundTrip ? $", {Milliseconds.Show(roundTrip.TotalMilliseconds)} away" : "")}");
                    }
                }
            }
            while (await looks.WaitForNextTickAsync(end.Token));
        }
        catch (OperationCanceledException)
        {
            // The end, which was asked for.
        }

        await Task.WhenAll(calling);
    }

    private int Report(DelayedMesh mesh, List<PlacedClient> clients, bool isCheck, bool isJson)
    {
        var judged = clients.Select(mesh.Judge).OrderBy(client => client.Place, StringComparer.Ordinal).ToList();
        var passed = judged.TrueForAll(client => client.IsNearest && client.FailedCalls == 0);
        var report = new DelayedMeshJson(
            [.. mesh.Nodes.Select(node => new PlacedNodeJson(node.Name, mesh.NameOf(node.Place), TargetAddress.Show(node.Address), node.Child.Pid, node.Child.Ended.IsCompleted))],
            judged,
            isCheck ? passed : null);
        if (isJson)
        {
            JsonOutput.Write(Terminal, report);
        }
        else
        {
            Show(report);
        }

        return isCheck && !passed ? ExitCodes.Failed : ExitCodes.Success;
    }

    private void Show(DelayedMeshJson report)
    {
        var table = new TextTable("Client", "Node", "At", ">Measured", ">Chosen", ">Best", "Best node", ">Moves", ">Calls", ">Failed", ">p50", ">p99");
        foreach (var client in report.Clients)
        {
            table.Add(
                client.Place,
                client.Node ?? "none",
                client.NodePlace ?? "",
                Milliseconds.Show(client.MeasuredMs),
                Milliseconds.Show(client.ChosenMs),
                Milliseconds.Show(client.BestMs),
                client.IsNearest ? "the same" : client.BestNode,
                Say(client.Moves),
                Say(client.Calls),
                Say(client.FailedCalls),
                Milliseconds.Show(client.P50Ms),
                Milliseconds.Show(client.P99Ms));
        }

        table.Write(Terminal.OutConsole, Terminal.OutIsTerminal);
        Terminal.Out.WriteLine(
            $"{report.Clients.Count(client => client.IsNearest)} of {report.Clients.Count} clients call a node at most 2 ms, or a tenth, farther than their best; {Say(report.Clients.Sum(client => client.FailedCalls))} of {Say(report.Clients.Sum(client => client.Calls))} calls failed");
        if (report.Passed is { } passed)
        {
            Terminal.Out.WriteLine(passed ? "check passed" : "check failed");
        }

        static string Say(long number) => number.ToString(CultureInfo.InvariantCulture);
    }
}

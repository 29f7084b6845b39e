using System.CommandLine;
using EdgeMesh.Latency.Positions;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.Probing.Messages;
using EdgeMesh.V1;
using Google.Protobuf;
using ProtoDuration = Google.Protobuf.WellKnownTypes.Duration;

namespace EdgeMesh.Node.Latencies;

/// <summary><c>edgemesh ping</c>.</summary>
/// <remarks>A first probe, which opens the connection, is not counted.</remarks>
internal sealed class PingCommand : CliCommand
{
    private const int ClientBytes = 16;

    private readonly Argument<string> _node = CliOption.Argument<string>("node", "Its address, such as 127.0.0.1:6401, or its name, which the Region at --to is asked for.", PlainText.TryRead);
    private readonly Option<int?> _count = CliOption.Value<int?>("--count", "N", "How many probes; default: until Ctrl-C.", TryReadCount);
    private readonly Option<Duration> _interval = CliOption.Value("--interval", "TIME", "How often to probe.", Duration.TryRead, new Duration(TimeSpan.FromSeconds(1)));
    private readonly Option<int> _size = CliOption.Value("--size", "BYTES", "Padding of each probe.", WholeNumber.Between(0, 65_536), 0);
    private readonly Option<bool> _report = CliOption.Flag("--report", "At the end, tell the node what was measured: it counts for its objective like any client's report.");
    private readonly Option<GeoPosition?> _position = CliOption.Value<GeoPosition?>("--position", "PLACE", "Where this client is, for --report: LATITUDE,LONGITUDE in degrees, or a location code such as LHR.", Place.TryReadOptional);
    private readonly Option<bool> _json = CliOption.Json();
    private readonly AdminTargetOptions _target;

    /// <summary>Creates the command.</summary>
    public PingCommand(Terminal terminal)
        : base(
            "ping",
            "Probes a node and shows how long its answers take: each as it comes, and at the end percentiles and a histogram. The node's own share is taken off.",
            ["edgemesh ping 127.0.0.1:6401", "edgemesh ping LHR50-1 -c 100 --interval 100ms", "edgemesh ping https://lhr.edge.example:6401 --ca ca.pem -c 1000 --interval 20ms --report --json"],
            terminal)
    {
        _count.Aliases.Add("-c");
        _interval.Aliases.Add("-i");
        _size.Aliases.Add("-s");
        Add(_node);
        Add(_count);
        Add(_interval);
        Add(_size);
        Add(_report);
        Add(_position);
        Add(_json);
        _target = new(this, new Duration(TimeSpan.FromSeconds(5)));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(PingJson)];

    /// <inheritdoc/>
    /// <remarks>(1) Find the node and open the connection. (2) Probe until there were enough, or Ctrl-C. (3) Report, if asked to. (4) Sum up.</remarks>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        // 1
        var json = parsed.GetValue(_json);
        var address = await FindAsync(parsed, cancellationToken);
        using var connection = _target.Connect(parsed, address);
        var client = new LatencyService.LatencyServiceClient(connection.Channel);
        var first = (await connection.CallAsync(options => client.ProbeAsync(new ProbeRequest(), options), cancellationToken)).Response;
        if (!json)
        {
            Terminal.Out.WriteLine($"PING {first.Node} ({TargetAddress.Show(address)}){(first.Region.Length > 0 && first.Region != first.Node ? $", a node of {first.Region}" : "")}");
        }

        // 2
        var started = connection.GetTimestamp();
        var run = new PingRun(connection, client, parsed.GetRequiredValue(_interval).Time, parsed.GetRequiredValue(_size), json ? _ => { } : Terminal.Out.WriteLine);
        var statistics = await run.ProbeAsync(parsed.GetValue(_count), cancellationToken);
        var elapsed = TimeProvider.System.GetElapsedTime(started);

        // 3
        var report = parsed.GetValue(_report) && statistics.Answered > 0;
        if (report)
        {
            await connection.CallAsync(options => client.ReportLatencyAsync(Report(statistics, parsed.GetValue(_position)), options), CancellationToken.None);
        }

        // 4
        var result = statistics.ToJson(first.Node, first.Region, TargetAddress.Show(address), report);
        Show(result, statistics, elapsed, json);
        return statistics.Answered > 0 ? ExitCodes.Success : ExitCodes.Failed;
    }

    private static bool TryReadCount(string text, out int? value, out string error)
    {
        var read = WholeNumber.Between(1, int.MaxValue)(text, out var count, out error);
        value = read ? count : null;
        return read;
    }

    private async Task<Uri> FindAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var text = parsed.GetRequiredValue(_node);
        if (text.Contains(':', StringComparison.Ordinal))
        {
            return TargetAddress.TryRead(text, out var address, out var error) ? address : throw new CliException($"node '{text}': {error}, or a node's name", ExitCodes.Usage);
        }

        using var region = _target.Connect(parsed);
        var nodes = await NodeListing.FetchAsync(region, cancellationToken);
        return nodes.FirstOrDefault(node => node.Name == text) is { } found
            ? new Uri(found.Address)
            : throw new CliException($"no node is named {text}; there are {string.Join(", ", nodes.Select(node => node.Name))}");
    }

    private static ReportLatencyRequest Report(PingStatistics statistics, GeoPosition? position)
    {
        var client = new byte[ClientBytes];
        Random.Shared.NextBytes(client);
        var report = new ReportLatencyRequest { Client = ByteString.CopyFrom(client), Position = position?.ToMessage() };
        report.Buckets.AddRange(statistics.RoundTrips.Buckets().Select(bucket => new LatencyBucket { Latency = ProtoDuration.FromTimeSpan(bucket.Middle), Count = (ulong)bucket.Count }));
        return report;
    }

    private void Show(PingJson ping, PingStatistics statistics, TimeSpan elapsed, bool json)
    {
        if (json)
        {
            JsonOutput.Write(Terminal, ping);
            return;
        }

        Terminal.Out.WriteLine();
        foreach (var line in PingText.Summary(ping, elapsed))
        {
            Terminal.Out.WriteLine(line);
        }

        if (ping.Answered > 0)
        {
            Terminal.Out.WriteLine();
            PingText.Percentiles(ping).Write(Terminal.OutConsole, Terminal.OutIsTerminal);
            Terminal.Out.WriteLine();
            foreach (var line in PingText.Histogram(statistics.RoundTrips))
            {
                Terminal.Out.WriteLine(line);
            }
        }
    }
}

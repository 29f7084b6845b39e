using System.Globalization;
using System.Net;
using EdgeMesh.Benchmarks.Load;
using EdgeMesh.Benchmarks.Peers;
using EdgeMesh.Benchmarks.Report;
using EdgeMesh.Lab.DelayedNetwork;
using EdgeMesh.Testing;

namespace EdgeMesh.Benchmarks.Workloads;

/// <summary>The same service in a Local Zone 2 ms away and in its Region 40 ms away, in one run.</summary>
internal static class NearAndFar
{
    private const int AnswerBytes = 1024;

    private static readonly TimeSpan Near = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Far = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10);

    // So that nodes have compiled anew what they do often before the first round.
    private const int WarmUpRate = 1000;

    /// <summary>Measures, and prints one table.</summary>
    public static async Task RunAsync(int rate, int rounds, TimeSpan duration)
    {
        // 1. Replicas beside each node, and the ways between: the zone's own to its Region is as long as its callers'.
        await using var atRegion = DelayedReplica.Start(AnswerBytes, 0);
        await using var atZone = DelayedReplica.Start(AnswerBytes, 0);
        await using var zoneToRegion = Way(Far);
        await using var toRegion = Way(Far);
        await using var toZone = Way(Near);
        await using var mesh = new ZoneUnderRegion();
        await mesh.StartAsync(await KestrelProcess.WaitAsync(atRegion), await KestrelProcess.WaitAsync(atZone), region => Lead(zoneToRegion, region));
        (string Name, LoadTarget Target)[] ways =
        [
            ("the zone, 2 ms away", To(Lead(toZone, mesh.Zone.Address))), ("the Region, 40 ms away", To(Lead(toRegion, mesh.Region.Address))),
        ];

        // 2. Rounds.
        foreach (var (name, target) in ways)
        {
            await OpenLoop.RunAsync(name, target, AnswerBytes, WarmUpRate, WarmUp);
        }

        var figures = ways.ToDictionary(way => way.Name, _ => new List<LatencyFigure>());
        for (var round = 1; round <= rounds; round++)
        {
            foreach (var (name, target) in ways)
            {
                var figure = await OpenLoop.RunAsync(name, target, AnswerBytes, rate, duration);
                figures[name].Add(figure);
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {round}/{rounds}: {name,-24} p50 {figure.P50 / 1000:F1} ms, p99 {figure.P99 / 1000:F1} ms"));
            }
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| medians of {rounds} rounds, {rate} calls/s | p50 | p99 |\n|---|---|---|"));
        foreach (var (name, _) in ways)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {Median.Of(figures[name].Select(figure => figure.P50)) / 1000:F1} ms | {Median.Of(figures[name].Select(figure => figure.P99)) / 1000:F1} ms |"));
        }

        static LoadTarget To(Uri address) => new(new Uri(address, BareKestrel.Path(AnswerBytes)), BareKestrel.EmptyRequest());
    }

    private static DelayingRelay Way(TimeSpan roundTrip) => new(_ => new NetworkLink(roundTrip, LossShare: 0), seed: 1);

    private static Uri Lead(DelayingRelay way, Uri node)
    {
        way.LeadTo(new IPEndPoint(IPAddress.Loopback, node.Port));
        return way.Address;
    }
}

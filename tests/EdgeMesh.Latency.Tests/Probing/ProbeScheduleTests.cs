using EdgeMesh.Latency.Probing;
using FsCheck;
using FsCheck.Fluent;

namespace EdgeMesh.Latency.Tests.Probing;

public sealed class ProbeScheduleTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    [Fact]
    public void TakeDue_OverAMinute_ProbesEveryPeerAtItsRateAndNeverTwiceAtOnce()
    {
        var schedule = new ProbeSchedule(Interval, new Random(7));
        schedule.SetPeers(TimeSpan.Zero, ["a", "b", "c"]);
        var probes = Run(schedule, TimeSpan.Zero, TimeSpan.FromSeconds(60));

        foreach (var peer in probes.GroupBy(p => p.Peer))
        {
            var times = peer.Select(p => p.Due).ToList();
            Assert.InRange(times.Count, 11, 13);
            Assert.All(times.Zip(times.Skip(1)), pair => Assert.InRange((pair.Second - pair.First) / Interval, 0.49, 1.51));
        }

        Assert.Equal(3, probes.Select(p => p.Peer).Distinct().Count());
        Assert.Equal(0, schedule.Skipped);
    }

    [Fact]
    public void SetPeers_AThousandAtOnce_AreSpreadOverTheInterval()
    {
        var schedule = new ProbeSchedule(Interval, new Random(7));
        schedule.SetPeers(TimeSpan.Zero, Enumerable.Range(0, 1000).Select(i => $"n{i}"));
        var busiest = Run(schedule, TimeSpan.Zero, Interval)
            .CountBy(p => (int)(p.Due / TimeSpan.FromMilliseconds(500)))
            .Max(bin => bin.Value);

        // A tenth of the interval holds a tenth of them, give or take the piling up at its start.
        Assert.InRange(busiest, 100, 200);
    }

    [Fact]
    public void TakeDue_AfterALongSleep_SkipsInsteadOfCatchingUp()
    {
        var schedule = new ProbeSchedule(Interval, new Random(7));
        schedule.SetPeers(TimeSpan.Zero, ["a", "b"]);
        Run(schedule, TimeSpan.Zero, Interval);

        var due = schedule.TakeDue(Interval * 1000);

        Assert.InRange(due.Count, 0, 4);
        Assert.InRange(schedule.Skipped, 1990, 2000);
    }

    [Fact]
    public void TakeDue_TheClockWentBack_StartsTheGridAnew()
    {
        var schedule = new ProbeSchedule(Interval, new Random(7));
        schedule.SetPeers(TimeSpan.FromDays(300), ["a"]);
        schedule.TakeDue(TimeSpan.FromDays(300));

        schedule.TakeDue(TimeSpan.Zero);

        Assert.InRange(schedule.NextDue!.Value, TimeSpan.Zero, 1.25 * Interval);
    }

    [Fact]
    public void SetPeers_WhoLeft_IsNotProbedAndWhoStaysKeepsItsPhase()
    {
        var schedule = new ProbeSchedule(Interval, new Random(7));
        schedule.SetPeers(TimeSpan.Zero, ["a"]);
        var due = schedule.NextDue;
        schedule.SetPeers(TimeSpan.Zero, ["a", "b"]);
        schedule.SetPeers(TimeSpan.Zero, ["a"]);

        Assert.Equal(due, schedule.NextDue);
        Assert.All(Run(schedule, TimeSpan.Zero, Interval * 4), probe => Assert.Equal("a", probe.Peer));

        schedule.SetPeers(Interval * 4, []);
        Assert.Null(schedule.NextDue);
    }

    [Fact]
    public void TakeDue_AnyJumps_IsBoundedByTwoProbesAPeer()
    {
        var steps = Gen.Elements(-1e8, -60.0, -5, -1, 0, 0.1, 1, 5, 7.4, 60, 1e8).ListOf();
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(steps.ToArbitrary(), jumps =>
        {
            var schedule = new ProbeSchedule(Interval, new Random(7));
            schedule.SetPeers(TimeSpan.Zero, ["a", "b", "c"]);
            var now = 0.0;
            foreach (var jump in jumps)
            {
                now += jump;
                Assert.InRange(schedule.TakeDue(TimeSpan.FromSeconds(now)).Count, 0, 6);
                Assert.True(schedule.NextDue > TimeSpan.FromSeconds(now));
            }
        }));
    }

    private static List<(string Peer, TimeSpan Due)> Run(ProbeSchedule schedule, TimeSpan from, TimeSpan until)
    {
        var probes = new List<(string, TimeSpan)>();
        for (var now = from; now <= until; now = schedule.NextDue ?? TimeSpan.MaxValue)
        {
            probes.AddRange(schedule.TakeDue(now));
        }

        return probes;
    }
}

using EdgeMesh.Relay.Telemetry;
using EdgeMesh.Testing;
using EdgeMesh.Wire;

namespace EdgeMesh.Relay.Tests.Telemetry;

public class RelayCountersTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void ReadLatency_HitsAndMisses_ToldApartAndTogether()
    {
        var counters = new RelayCounters(_time);
        for (var i = 1; i <= 99; i++)
        {
            End(counters, CallOutcome.Hit, TimeSpan.FromMicroseconds(i));
        }

        End(counters, CallOutcome.Miss, TimeSpan.FromMilliseconds(80));
        _time.Advance(TimeSpan.FromSeconds(10));

        var hits = counters.ReadLatency(CallOutcome.Hit);
        AssertNear(50, hits.P50);
        AssertNear(90, hits.P90);
        AssertNear(99, hits.P99);
        Assert.Equal((99, TimeSpan.FromSeconds(10)), (hits.Count, hits.Window));
        AssertNear(80_000, counters.ReadLatency(CallOutcome.Miss).P50);
        Assert.Equal(100, counters.ReadLatency().Count);
    }

    [Fact]
    public void ReadLatency_CallsOlderThanTheWindow_NoLongerCount()
    {
        var counters = new RelayCounters(_time);
        End(counters, CallOutcome.Hit, TimeSpan.FromSeconds(9));
        for (var i = 0; i < 12; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            Assert.Equal(1, counters.ReadLatency().Count);
        }

        End(counters, CallOutcome.Hit, TimeSpan.FromMilliseconds(2));
        _time.Advance(TimeSpan.FromSeconds(5));
        var recent = counters.ReadLatency();

        AssertNear(2_000, recent.P99);
        Assert.Equal((1, TimeSpan.FromSeconds(60)), (recent.Count, recent.Window));
        Assert.Equal(2, counters.Hits);
    }

    [Fact]
    public void ReadLatency_NotAskedForLong_SaysHowFarItReachesBack()
    {
        var counters = new RelayCounters(_time);
        _time.Advance(TimeSpan.FromMinutes(30));
        End(counters, CallOutcome.Bypass, TimeSpan.FromMilliseconds(3));

        Assert.Equal((1, TimeSpan.FromMinutes(30)), (counters.ReadLatency().Count, counters.ReadLatency().Window));
    }

    [Fact]
    public void ReadServedMedian_FewCalls_IsNotToldAndOfManyTheLastCount()
    {
        var counters = new RelayCounters(_time);
        EndMany(19, TimeSpan.FromMilliseconds(80));
        Assert.Null(counters.ReadServedMedian());

        EndMany(1, TimeSpan.FromMilliseconds(80));
        AssertNear(80_000, counters.ReadServedMedian()!.Value);

        // Enough of late: earlier ones do not count.
        Pass(1);
        EndMany(25, TimeSpan.FromMilliseconds(5));
        AssertNear(5_000, counters.ReadServedMedian()!.Value);

        // Fewer of late: earlier ones of the same second do.
        Pass(3);
        EndMany(10, TimeSpan.FromMilliseconds(80));
        AssertNear(5_000, counters.ReadServedMedian()!.Value);
        EndMany(10, TimeSpan.FromMilliseconds(80));
        AssertNear(80_000, counters.ReadServedMedian()!.Value);

        // None in the last second: those of the minute do, and beyond it none.
        Pass(20);
        AssertNear(80_000, counters.ReadServedMedian()!.Value);
        Pass(700);
        Assert.Null(counters.ReadServedMedian());

        void Pass(int probes)
        {
            for (var i = 0; i < probes; i++)
            {
                _time.Advance(TimeSpan.FromMilliseconds(100));
                counters.ReadServedMedian();
            }
        }

        void EndMany(int calls, TimeSpan latency)
        {
            for (var i = 0; i < calls; i++)
            {
                End(counters, CallOutcome.Hit, latency);
            }
        }
    }

    [Fact]
    public void ReadLatency_NoCalls_IsZero() => Assert.Equal(new LatencyQuantiles(0, TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero), new RelayCounters(_time).ReadLatency());

    [Fact]
    public void Calls_EveryOutcome_IsTheirSumAndInFlightTheRest()
    {
        var counters = new RelayCounters(_time);
        foreach (var outcome in Enum.GetValues<CallOutcome>())
        {
            End(counters, outcome, TimeSpan.FromMilliseconds(1));
        }

        counters.BeginCall();
        counters.BeginCall();

        Assert.Equal((6, 2), (counters.Calls, counters.InFlight));
        Assert.Equal(counters.Calls, counters.Hits + counters.Misses + counters.Coalesced + counters.Bypasses + counters.Count(CallOutcome.Refused) + counters.Count(CallOutcome.Local));
        Assert.Equal(5, counters.ReadLatency().Count);
    }

    [Fact]
    public void Errors_EveryStatus_OnlyTheServersFaults()
    {
        var counters = new RelayCounters(_time);
        foreach (var status in Enum.GetValues<GrpcStatusCode>())
        {
            End(counters, CallOutcome.Miss, TimeSpan.Zero, status);
        }

        Assert.Equal(6, counters.Errors);
    }

    [Fact]
    public void Read_NodeReport_SaysWhatTheCountersSay()
    {
        var counters = new RelayCounters(_time);
        End(counters, CallOutcome.Hit, TimeSpan.FromMilliseconds(1));
        End(counters, CallOutcome.Bypass, TimeSpan.FromMilliseconds(4), GrpcStatusCode.Unavailable);
        counters.BeginCall();
        counters.AddReceived(10);
        counters.AddSent(300);
        _time.Advance(TimeSpan.FromSeconds(1));

        var report = NodeReports.Read(counters, store: null, isDraining: true);

        Assert.Equal((true, 1u, 1u, 2u, 1u, 1u), (report.Draining, report.Hits, report.Bypasses, report.Calls, report.InFlight, report.Errors));
        Assert.Equal((10u, 300u, 2u), (report.ReceivedBytes, report.SentBytes, report.Latency.Count));
        AssertNear(1000, report.HitLatency.P50.ToTimeSpan());
        AssertNear(4000, report.RelayLatency.P99.ToTimeSpan());
        Assert.Equal((0u, null), (report.MissLatency.Count, report.MissLatency.P50));
    }

    private static void End(RelayCounters counters, CallOutcome outcome, TimeSpan latency, GrpcStatusCode status = GrpcStatusCode.Ok)
    {
        counters.BeginCall();
        counters.EndCall(outcome, status, latency);
    }

    private static void AssertNear(double microseconds, TimeSpan value) => Assert.InRange(value.TotalMicroseconds, microseconds * 0.96, microseconds * 1.04);
}

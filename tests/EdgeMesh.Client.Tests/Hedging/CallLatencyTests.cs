using EdgeMesh.Client.Hedging;

namespace EdgeMesh.Client.Tests.Hedging;

public sealed class CallLatencyTests
{
    private readonly CallLatency _latency = new();
    private TimeSpan _now = TimeSpan.FromHours(1);

    [Fact]
    public void HedgeDelay_FewCalls_IsNone()
    {
        Run(CallLatency.MinCalls - 1, 10);

        Assert.Null(_latency.HedgeDelay(_now));
    }

    [Fact]
    public void HedgeDelay_OneInFiftyStraggles_IsWhatTheOthersTake()
    {
        for (var i = 0; i < 1000; i++)
        {
            Run(1, i % 50 == 0 ? 2000 : 10 + (i % 10));
        }

        Assert.InRange(_latency.HedgeDelay(_now)!.Value.TotalMilliseconds, 17, 20);
    }

    [Fact]
    public void HedgeDelay_FastAnswers_IsNoShorterThanATimer()
    {
        Run(1000, 0.1);

        Assert.Equal(TimeSpan.FromMilliseconds(1), _latency.HedgeDelay(_now));
    }

    [Fact]
    public void HedgeDelay_AllBecomeSlow_IsNoneUntilThatIsHowItIs()
    {
        Run(1000, 10);
        Run(100, 100);
        Assert.Null(_latency.HedgeDelay(_now));

        // Well again.
        Run(1000, 10);
        Assert.NotNull(_latency.HedgeDelay(_now));

        // For longer than the best is remembered.
        Run((int)(CallLatency.FloorWindow / TimeSpan.FromMilliseconds(50)) + 100, 100);
        Assert.InRange(_latency.HedgeDelay(_now)!.Value.TotalMilliseconds, 98, 102);
    }

    [Fact]
    public void HedgeDelay_NobodyCalls_IsForgotten()
    {
        Run(1000, 10);
        Assert.NotNull(_latency.HedgeDelay(_now));

        _now += CallLatency.Window + TimeSpan.FromSeconds(2);

        Assert.Null(_latency.HedgeDelay(_now));
    }

    [Fact]
    public void HedgeDelay_OldCalls_DoNotCount()
    {
        Run(500, 15);
        _now += CallLatency.Window;
        Run(100, 10);

        Assert.InRange(_latency.HedgeDelay(_now)!.Value.TotalMilliseconds, 9.8, 10.2);
    }

    /// <summary>A call every 50 ms.</summary>
    private void Run(int calls, double milliseconds)
    {
        for (var i = 0; i < calls; i++)
        {
            _now += TimeSpan.FromMilliseconds(50);
            _latency.Add(_now, TimeSpan.FromMilliseconds(milliseconds));
        }
    }
}

using EdgeMesh.Testing;

namespace EdgeMesh.Scenarios.Testing;

public sealed class ManualTimeProviderTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Advance_PastDelay_CompletesIt()
    {
        var delay = Task.Delay(TimeSpan.FromSeconds(5), _time);

        _time.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromTicks(1));
        Assert.False(delay.IsCompleted);

        _time.Advance(TimeSpan.FromTicks(1));
        await delay.WaitAsync(TestDeadline.Default);
    }

    [Fact]
    public void Advance_SeveralTimers_FireInOrderAtTheirOwnTimes()
    {
        var start = _time.GetUtcNow();
        var fired = new List<(string Name, TimeSpan At)>();
        using var late = Timer("late", TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan);
        using var periodic = Timer("periodic", TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        using var never = Timer("never", Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        _time.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(
            [("periodic", TimeSpan.FromSeconds(1)), ("periodic", TimeSpan.FromSeconds(2)), ("late", TimeSpan.FromSeconds(3)), ("periodic", TimeSpan.FromSeconds(3))],
            fired);
        Assert.Equal(TimeSpan.FromSeconds(3), _time.GetElapsedTime(0));

        ITimer Timer(string name, TimeSpan due, TimeSpan period) =>
            _time.CreateTimer(_ => fired.Add((name, _time.GetUtcNow() - start)), null, due, period);
    }

    [Fact]
    public void Dispose_TimerThatIsSet_DoesNotFire()
    {
        var fired = 0;
        var timer = _time.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromSeconds(1));

        timer.Dispose();
        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(1, fired);
        Assert.False(timer.Change(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)));
        Assert.Equal(0, _time.TimerCount);
    }

    [Fact]
    public async Task WaitForTimersAsync_TimerSetLater_CompletesThen()
    {
        var waiting = _time.WaitForTimersAsync(1);
        Assert.False(waiting.IsCompleted);

        using var cancellation = new CancellationTokenSource(TimeSpan.FromSeconds(1), _time);
        await waiting;
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.True(cancellation.IsCancellationRequested);
    }
}

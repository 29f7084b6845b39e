using EdgeMesh.Downstream.ControlStream;
using EdgeMesh.Testing;

namespace EdgeMesh.Downstream.Tests.ControlStream;

public sealed class BackoffTests
{
    private static readonly TimeSpan Min = TimeSpan.FromSeconds(0.1);
    private static readonly TimeSpan Max = TimeSpan.FromSeconds(5);

    [Fact]
    public void Next_FailuresInARow_DoublesTheBoundUpToTheGreatest()
    {
        var backoff = new Backoff(Min, Max, ScriptedRandom.Repeating(0.5));

        Assert.Equal([0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 2.5, 2.5], Enumerable.Range(0, 8).Select(_ => backoff.Next().TotalSeconds));
    }

    [Fact]
    public void Next_AnyNumber_IsAtRandomBetweenZeroAndTheBound()
    {
        var backoff = new Backoff(Min, Max, new ScriptedRandom(0, 0.999));

        Assert.Equal(TimeSpan.Zero, backoff.Next());
        Assert.Equal(0.1998, backoff.Next().TotalSeconds, 6);
    }

    [Fact]
    public void Next_ThousandFailures_StaysAtTheGreatest()
    {
        var backoff = new Backoff(Min, Max, ScriptedRandom.Repeating(0.5));
        for (var i = 0; i < 1100; i++)
        {
            backoff.Next();
        }

        Assert.Equal(2.5, backoff.Next().TotalSeconds);
    }

    [Fact]
    public void RaiseAndReset_AreTheGreatestAndTheLeastBound()
    {
        var backoff = new Backoff(Min, Max, ScriptedRandom.Repeating(0.5));
        backoff.Raise();
        Assert.Equal(2.5, backoff.Next().TotalSeconds);

        backoff.Reset();
        Assert.Equal(0.05, backoff.Next().TotalSeconds);
    }
}

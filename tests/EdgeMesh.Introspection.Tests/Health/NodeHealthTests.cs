using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace EdgeMesh.Introspection.Tests;

public class NodeHealthTests
{
    [Fact]
    public void Set_WhileDraining_StaysNotServing()
    {
        var health = new NodeHealth();
        var changes = 0;
        health.Changed += () => changes++;
        health.Set("s", ServingStatus.Serving);

        health.Drain();
        health.Set("s", ServingStatus.Serving);

        Assert.True(health.IsDraining);
        Assert.Equal(ServingStatus.NotServing, health.Get("s"));
        Assert.Null(health.Get("other"));
        Assert.Equal(3, changes);
    }

    [Fact]
    public void TryWatch_SlowReader_GetsTheLatest()
    {
        var health = new NodeHealth();
        using var watch = health.TryWatch("s")!;
        health.Set("s", ServingStatus.Serving);
        health.Set("s", ServingStatus.NotServing);

        Assert.True(watch.Statuses.TryRead(out var status));
        Assert.Equal(ServingStatus.NotServing, status);
        Assert.False(watch.Statuses.TryRead(out _));
    }

    [Fact]
    public void TryWatch_Stopped_EndsAtOnce()
    {
        var health = new NodeHealth();
        health.Stop();
        using var watch = health.TryWatch("")!;

        Assert.True(watch.Statuses.TryRead(out var status));
        Assert.Equal(ServingStatus.NotServing, status);
        Assert.True(watch.Statuses.Completion.IsCompleted);
    }

    [Fact]
    public void TryWatch_WatchLeft_FreesItsSlot()
    {
        var health = new NodeHealth(maxWatchers: 1);
        using (health.TryWatch("a"))
        {
            Assert.Null(health.TryWatch("b"));
        }

        Assert.Equal(0, health.WatcherCount);
        using var next = health.TryWatch("b");
        Assert.NotNull(next);
    }
}

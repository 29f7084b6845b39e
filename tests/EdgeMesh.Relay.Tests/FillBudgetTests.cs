using EdgeMesh.Relay.Cache;
using EdgeMesh.Testing;

namespace EdgeMesh.Relay.Tests;

public sealed class FillBudgetTests
{
    private const string Path = "/shop.v1.Catalog/Get";

    [Fact]
    public void TryTake_BeyondTheLimit_TakesNothing()
    {
        var budget = new FillBudget(100);

        Assert.True(budget.TryTake(60));
        Assert.False(budget.TryTake(41));
        Assert.Equal(60, budget.Held);
        Assert.True(budget.TryTake(40));
        budget.Release(100);
        Assert.Equal(0, budget.Held);
    }

    [Fact]
    public async Task Call_AnswerBeyondTheFillBudget_ReachesItsCallerWholeAndIsNotStored()
    {
        await using var origin = await RawOrigin.StartEchoAsync(("cache-control", "max-age=60"));
        var options = new RelayOptions { NodeName = "LHR50-1", NodeDescription = "edge location LHR50-1", UnaryWait = TimeSpan.FromSeconds(20), MaxFillBytes = 32 * 1024 };
        await using var node = await RelayFixture.StartAsync(origin.Address, options);
        using var caller = new RawCaller(node.Address);
        var large = new string('x', 60_000);

        foreach (var _ in Enumerable.Range(0, 3))
        {
            var answer = await caller.CallAsync(Path, Frames.Of(large)).WaitAsync(TestDeadline.Default);
            Assert.Equal(("0", large), (answer.Status, answer.Text));
        }

        Assert.Equal(3, origin.Calls);

        // What the fills took is given back: a smaller answer is stored.
        await caller.CallAsync(Path, Frames.Of("small"));
        Assert.Contains("hit", (await caller.CallAsync(Path, Frames.Of("small"))).CacheStatus, StringComparison.Ordinal);
        Assert.Equal(4, origin.Calls);
    }
}

using EdgeMesh.Client.Calls;

namespace EdgeMesh.Client.Tests.Calls;

public sealed class RetryBudgetTests
{
    [Fact]
    public void TrySpend_EveryCallFails_IsATenthOfCallsBeyondTheReserve()
    {
        var budget = new RetryBudget();
        var retries = 0;
        for (var call = 0; call < 10_000; call++)
        {
            budget.Earn();
            retries += budget.TrySpend() ? 1 : 0;
        }

        Assert.InRange(retries, 1000, 1000 + RetryBudget.Reserve);
    }

    [Fact]
    public void Earn_ManyCalls_KeepsNoMoreThanTheReserve()
    {
        var budget = new RetryBudget();
        for (var call = 0; call < 10_000; call++)
        {
            budget.Earn();
        }

        var retries = 0;
        while (budget.TrySpend())
        {
            retries++;
        }

        Assert.Equal(RetryBudget.Reserve, retries);
    }

    [Fact]
    public async Task TrySpend_ManyThreads_SpendsNothingTwice()
    {
        var budget = new RetryBudget();
        var counts = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Enumerable.Range(0, 1000).Count(_ => budget.TrySpend()))));

        Assert.Equal(RetryBudget.Reserve, counts.Sum());
    }
}

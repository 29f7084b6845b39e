using EdgeMesh.Testing;
using EdgeMesh.V1;

namespace EdgeMesh.Storage.Tests;

public sealed class GroupCommitterTests
{
    [Fact]
    public async Task Commit_QueuedMeanwhile_SharesOneTransaction()
    {
        await using var test = await TestStore.OpenAsync();
        var committer = test.Store.Committer;
        using var entered = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        var first = committer.CommitAsync(
            _ =>
            {
                entered.Set();
                return release.Wait(TestDeadline.Default);
            },
            default);
        Assert.True(entered.Wait(TestDeadline.Default));
        var before = committer.Transactions;

        // The writer is held inside the first operation: these queue, and are all done in its transaction.
        var others = Enumerable.Range(0, 40).Select(i => test.Store.CreateBucketAsync(new CreateBucketRequest { Bucket = $"bucket-{i}" }, default)).ToList();
        release.Set();
        await Task.WhenAll(others);

        Assert.True(await first);
        Assert.Equal(before + 1, committer.Transactions);
    }

    [Fact]
    public async Task Put_ManyAtOnce_TakesFewerTransactionsThanPuts()
    {
        const int Puts = 200;
        await using var test = await TestStore.OpenAsync();
        var before = test.Store.Committer.Transactions;

        await Task.WhenAll(Enumerable.Range(0, Puts).Select(i => Task.Run(() => test.PutAsync($"{i}", [1]))));

        Assert.InRange(test.Store.Committer.Transactions - before, 1, Puts - 1);
    }

    [Fact]
    public async Task Commit_OneOperationAtFault_LeavesTheOthers()
    {
        await using var test = await TestStore.OpenAsync();
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            try
            {
                await (i % 2 == 0
                    ? test.PutAsync($"{i}", [])
                    : test.PutAsync($"{i}", [], new ObjectConditions { IfMatch = "*" }));
                return true;
            }
            catch (ObjectStoreException e) when (e.Fault == ObjectStoreFault.ConditionNotMet)
            {
                return false;
            }
        }));

        Assert.Equal(10, outcomes.Count(o => o));
        await test.CloseAsync();
        Assert.Equal(10, StoreChecker.Check(test.Directory));
    }

    [Fact]
    public async Task Commit_WorkThrows_RollsBackAndGoesOn()
    {
        await using var test = await TestStore.OpenAsync();

        var e = await TestStore.FaultOf(ObjectStoreFault.Unavailable, () => test.Store.Committer.CommitAsync<int>(
            transaction =>
            {
                transaction.CreateBucket("half-done", 1);
                throw new InvalidOperationException("broken");
            },
            default));

        Assert.False(e.OutcomeUnknown);
        Assert.Single((await test.Store.ListBucketsAsync(new ListBucketsRequest())).Buckets);
        await test.PutAsync("a", []);
    }

    [Fact]
    public async Task Commit_CancelledBeforeItsTurn_DoesNothing()
    {
        await using var test = await TestStore.OpenAsync();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => test.Store.CreateBucketAsync(new CreateBucketRequest { Bucket = "never" }, cancelled.Token));

        Assert.Single((await test.Store.ListBucketsAsync(new ListBucketsRequest())).Buckets);
    }
}

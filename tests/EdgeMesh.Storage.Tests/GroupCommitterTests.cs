using EdgeMesh.Storage.Bodies;
using EdgeMesh.Storage.Database;
using EdgeMesh.Storage.Grammar;
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

    // A broken reference is found by COMMIT alone: the one error there that needs no broken disk.
    [Fact]
    public async Task Commit_CommitItselfFails_LeavesTheOutcomeOpenAndStopsWriting()
    {
        using var directory = new TempDirectory();
        using var log = new LogCollector();
        using var metadata = new MetadataDatabase(directory.Path);
        var removed = new List<string>();
        await using var committer = new GroupCommitter(metadata.Writer, removed.Add, log.CreateLogger("committer"));
        var spec = CheckedSpec.Check("spec", new ObjectSpec { Bucket = TestStore.Bucket, Key = "a" }, new Violations());
        await committer.CommitAsync(transaction => transaction.CreateBucket(TestStore.Bucket, 1), default);
        await committer.CommitAsync(transaction => transaction.Put(spec, Body("first"), [], 1), default);

        var e = await TestStore.FaultOf(ObjectStoreFault.Unavailable, () => committer.CommitAsync(
            transaction =>
            {
                transaction.Put(spec, Body("second"), [], 2);
                return Execute(metadata, "PRAGMA defer_foreign_keys=ON; UPDATE objects SET bucket_id = 99;");
            },
            default));

        // The first body may still be referred to after a restart, and so may the second: neither goes.
        Assert.True(e.OutcomeUnknown);
        Assert.Empty(removed);
        Assert.Equal(2, committer.Transactions);
        await TestStore.FaultOf(ObjectStoreFault.Unavailable, () => committer.CommitAsync(transaction => transaction.CreateBucket("later", 1), default));
        Assert.Equal("first", metadata.Read(queries => queries.Find(spec.Name)).Body.Id);
        Assert.Single(log.Lines, line => line.EventId.Id == 3006);
    }

    [Fact]
    public async Task Commit_NoRoomForMetadata_IsStorageFullUntilThereIsRoom()
    {
        using var directory = new TempDirectory();
        using var log = new LogCollector();
        using var metadata = new MetadataDatabase(directory.Path);
        await using var committer = new GroupCommitter(metadata.Writer, _ => { }, log.CreateLogger("committer"));
        await committer.CommitAsync(_ => Execute(metadata, "PRAGMA max_page_count=1;"), default);

        var e = await TestStore.FaultOf(ObjectStoreFault.StorageFull, async () =>
        {
            for (var i = 0; i < 1000; i++)
            {
                await committer.CommitAsync(transaction => transaction.CreateBucket($"bucket-{i:d60}", 1), default);
            }
        });

        Assert.False(e.OutcomeUnknown);
        await committer.CommitAsync(_ => Execute(metadata, "PRAGMA max_page_count=100000;"), default);
        await committer.CommitAsync(transaction => transaction.CreateBucket("later", 1), default);
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

    private static StoredBody Body(string id) => new(id, 0, new byte[32], []);

    private static int Execute(MetadataDatabase metadata, string sql)
    {
        using var command = metadata.Writer.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteNonQuery();
    }
}

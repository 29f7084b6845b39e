using EdgeMesh.V1;

namespace EdgeMesh.Storage.Tests;

public sealed class ConditionTests
{
    private static ObjectConditions IfMatch(string etag) => new() { IfMatch = etag };

    private static ObjectConditions IfNoneMatch(string etag) => new() { IfNoneMatch = etag };

    private static ObjectConditions IfGeneration(ulong generation) => new() { IfGenerationMatch = generation };

    [Fact]
    public async Task Put_NothingThere_ObeysEachCondition()
    {
        await using var test = await TestStore.OpenAsync();

        await Unmet("IF_MATCH", () => test.PutAsync("a", [], IfMatch("*")));
        await Unmet("IF_MATCH", () => test.PutAsync("a", [], IfMatch("\"x\"")));
        await Unmet("IF_GENERATION_MATCH", () => test.PutAsync("a", [], IfGeneration(1)));
        await test.PutAsync("a", [], IfNoneMatch("*"));
        await test.PutAsync("b", [], IfNoneMatch("\"x\""));
        await test.PutAsync("c", [], IfGeneration(0));
    }

    [Fact]
    public async Task Put_SomethingThere_ObeysEachCondition()
    {
        await using var test = await TestStore.OpenAsync();
        var info = await test.PutAsync("a", []);

        await Unmet("IF_MATCH", () => test.PutAsync("a", [], IfMatch("\"x\"")));
        await Unmet("IF_NONE_MATCH", () => test.PutAsync("a", [], IfNoneMatch("*")));
        await Unmet("IF_NONE_MATCH", () => test.PutAsync("a", [], IfNoneMatch(info.Etag)));
        await Unmet("IF_GENERATION_MATCH", () => test.PutAsync("a", [], IfGeneration(0)));
        await Unmet("IF_GENERATION_MATCH", () => test.PutAsync("a", [], IfGeneration(info.Generation + 1)));
        info = await test.PutAsync("a", [], IfMatch("*"));
        info = await test.PutAsync("a", [], IfMatch(info.Etag));
        info = await test.PutAsync("a", [], IfNoneMatch("\"x\""));
        await test.PutAsync("a", [], IfGeneration(info.Generation));
    }

    [Fact]
    public async Task Put_SeveralUnmet_NamesAll()
    {
        await using var test = await TestStore.OpenAsync();

        var e = await TestStore.FaultOf(
            ObjectStoreFault.ConditionNotMet,
            () => test.PutAsync("a", [], new ObjectConditions { IfMatch = "*", IfGenerationMatch = 4 }));

        Assert.Equal(["IF_MATCH", "IF_GENERATION_MATCH"], e.Violations.Select(v => v.Field));
    }

    [Fact]
    public async Task Reads_ConditionUnmet_AreRefused()
    {
        await using var test = await TestStore.OpenAsync();
        var info = await test.PutAsync("a", [1]);
        var get = new GetObjectRequest { Bucket = TestStore.Bucket, Key = "a", Conditions = IfNoneMatch(info.Etag) };
        var read = new ReadObjectRequest { Bucket = TestStore.Bucket, Key = "a", Conditions = IfGeneration(info.Generation + 1) };

        await Unmet("IF_NONE_MATCH", () => test.Store.GetAsync(get, default));
        await Unmet("IF_GENERATION_MATCH", () => test.Store.OpenReadAsync(read, default));
        get.Conditions = IfMatch(info.Etag);
        Assert.Equal([1], (await test.Store.GetAsync(get, default)).Content.ToByteArray());
    }

    [Fact]
    public async Task Delete_Conditions_AreObeyed()
    {
        await using var test = await TestStore.OpenAsync();
        var info = await test.PutAsync("a", [1]);

        await Unmet("IF_MATCH", () => test.DeleteAsync("a", IfMatch("\"x\"")));
        await Unmet("IF_MATCH", () => test.DeleteAsync("none", IfMatch("*")));
        Assert.True(await test.DeleteAsync("a", IfGeneration(info.Generation)));
    }

    [Fact]
    public async Task Put_ConcurrentlyIfNoneThere_OneWins()
    {
        await using var test = await TestStore.OpenAsync();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(async () =>
        {
            try
            {
                await test.PutAsync("a", [(byte)i], IfNoneMatch("*"));
                return i;
            }
            catch (ObjectStoreException e) when (e.Fault == ObjectStoreFault.ConditionNotMet)
            {
                return -1;
            }
        })));

        var winner = Assert.Single(outcomes, outcome => outcome >= 0);
        Assert.Equal([(byte)winner], (await test.GetAsync("a")).Content.ToByteArray());
        await test.CloseAsync();
        Assert.Equal(1, StoreChecker.Check(test.Directory));
    }

    // Read, add 1, write if unchanged: no increment is lost.
    [Fact]
    public async Task Put_ConcurrentCountersUnderGeneration_LoseNoUpdate()
    {
        const int Workers = 4;
        const int Increments = 15;
        await using var test = await TestStore.OpenAsync();
        await test.PutAsync("count", [0]);

        await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => Task.Run(async () =>
        {
            for (var done = 0; done < Increments;)
            {
                var now = await test.GetAsync("count");
                try
                {
                    await test.PutAsync("count", [(byte)(now.Content[0] + 1)], IfGeneration(now.Info.Generation));
                    done++;
                }
                catch (ObjectStoreException e) when (e.Fault == ObjectStoreFault.ConditionNotMet)
                {
                    // Another was first: read again.
                }
            }
        })));

        Assert.Equal(Workers * Increments, (await test.GetAsync("count")).Content[0]);
    }

    private static async Task Unmet(string condition, Func<Task> work)
    {
        var e = await TestStore.FaultOf(ObjectStoreFault.ConditionNotMet, work);
        Assert.Equal(condition, Assert.Single(e.Violations).Field);
    }
}

namespace EdgeMesh.Introspection.Tests;

public class DescriptorModelTests
{
    [Fact]
    public void WithLearned_PastTheLimits_ForgetsTheOldest()
    {
        var pools = Enumerable.Range(0, 4).Select(i => TestFiles.Pool(TestFiles.Create($"{i}.proto", "t", [], [($"M{i}", "f")]))).ToList();

        var few = pools.Aggregate(DescriptorModel.Empty, (model, pool) => model.WithLearned(pool, maxPools: 2, maxBytes: 1000));
        var small = pools.Aggregate(DescriptorModel.Empty, (model, pool) => model.WithLearned(pool, maxPools: 4, maxBytes: pools[0].Bytes + 1));

        Assert.Equal(pools[2..], few.Learned);
        Assert.Equal(pools[3..], small.Learned);
        Assert.Null(few.FindSymbol("t.M1"));
        Assert.NotNull(few.FindSymbol("t.M2"));
    }
}

using EdgeMesh.Caching.Eviction;

namespace EdgeMesh.EdgeLocation.Tests;

public sealed class EdgeLocationOptionsTests
{
    [Fact]
    public void StoreOptions_CachePolicy_IsTheStores()
    {
        Assert.Equal(1, Assert.IsType<DensityQueuesPolicy>(Create(LivePolicy.Default)).Exponent);
        Assert.Equal(0.5, Assert.IsType<DensityQueuesPolicy>(Create(LivePolicy.DensityQueues(0.5))).Exponent);
        Assert.IsType<S3FifoPolicy>(Create(LivePolicy.S3Fifo));
    }

    private static EvictionPolicy Create(LivePolicy policy) =>
        new EdgeLocationOptions { Name = "LHR50-1", Region = new Uri("http://127.0.0.1:6400"), CachePolicy = policy }.StoreOptions.CreatePolicy(1 << 20);
}

using EdgeMesh.Caching.Eviction;
using EdgeMesh.Latency.Positions;

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

    [Fact]
    public void EffectivePosition_NotSaid_IsThatOfTheNamesCode()
    {
        Assert.Equal(LocationCodes.Find("LHR")!.Position, Options("LHR50-1", null).EffectivePosition);
        Assert.Equal(new GeoPosition(1, 2), Options("LHR50-1", new GeoPosition(1, 2)).EffectivePosition);
        Assert.Null(Options("QQQ50-1", null).EffectivePosition);
    }

    [Fact]
    public void FindFaults_WrongJurisdiction_NamesLimitAndValue() =>
        Assert.Equal(
            "--jurisdiction must be 1 to 32 letters, digits and hyphens, such as GB, got \"the UK\"",
            Assert.Single(new EdgeLocationOptions { Name = "LHR50-1", Region = new Uri("http://127.0.0.1:6400"), Jurisdiction = "the UK" }.FindFaults()));

    private static EdgeLocationOptions Options(string name, GeoPosition? position) => new() { Name = name, Region = new Uri("http://127.0.0.1:6400"), Position = position };

    private static EvictionPolicy Create(LivePolicy policy) =>
        new EdgeLocationOptions { Name = "LHR50-1", Region = new Uri("http://127.0.0.1:6400"), CachePolicy = policy }.StoreOptions.CreatePolicy(1 << 20);
}

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

    [Fact]
    public void Upstream_OnThisMachine_IsJoinedAtItsAdminPort()
    {
        var options = new EdgeLocationOptions { Name = "LHR50-1", Upstream = new Uri("http://127.0.0.1:6401") };

        Assert.Empty(options.FindFaults());
        Assert.Equal(new Uri("http://127.0.0.1:6501"), options.Validate().JoinAddress);
        Assert.Equal(options.Upstream, options.Next);
    }

    [Theory]
    [InlineData(null, null, null, "--region or --upstream must be given")]
    [InlineData("http://127.0.0.1:6400", "http://127.0.0.1:6401", null, "--region and --upstream are both given")]
    [InlineData(null, "http://shield.example:6401", null, "--upstream http://shield.example:6401 is beyond loopback: give --upstream-admin")]
    [InlineData(null, "http://127.0.0.1:6401/x", null, "--upstream must be an http or https URL")]
    [InlineData(null, "http://127.0.0.1:6401", "ftp://127.0.0.1", "--upstream-admin must be an http or https URL")]
    public void FindFaults_WrongUpstream_SaysWhatToDo(string? region, string? upstream, string? upstreamAdmin, string expected)
    {
        var options = new EdgeLocationOptions { Name = "LHR50-1", Region = Uri(region), Upstream = Uri(upstream), UpstreamAdmin = Uri(upstreamAdmin) };

        Assert.StartsWith(expected, Assert.Single(options.FindFaults()), StringComparison.Ordinal);

        static Uri? Uri(string? text) => text is null ? null : new Uri(text);
    }

    private static EdgeLocationOptions Options(string name, GeoPosition? position) => new() { Name = name, Region = new Uri("http://127.0.0.1:6400"), Position = position };

    private static EvictionPolicy Create(LivePolicy policy) =>
        new EdgeLocationOptions { Name = "LHR50-1", Region = new Uri("http://127.0.0.1:6400"), CachePolicy = policy }.StoreOptions.CreatePolicy(1 << 20);
}

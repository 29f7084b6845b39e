using System.Globalization;
using EdgeMesh.Caching.Eviction;

namespace EdgeMesh.Caching.Tests.Eviction;

public sealed class LivePolicyTests
{
    [Theory]
    [InlineData("density", "density:1")]
    [InlineData("density:1.0", "density:1")]
    [InlineData("density:0.25", "density:0.25")]
    [InlineData("density:0", "density:0")]
    [InlineData("s3-fifo", "s3-fifo")]
    public void TryRead_ThatIsKnown_HasItsName(string text, string name)
    {
        Assert.True(LivePolicy.TryRead(text, out var policy));
        Assert.Equal(name, policy.Name);
        Assert.Equal(policy, LivePolicy.TryRead(name, out var again) ? again : null);
    }

    [Theory]
    [InlineData("")]
    [InlineData("lru")]
    [InlineData("S3-FIFO")]
    [InlineData("density:")]
    [InlineData("density:1.01")]
    [InlineData("density:-0.5")]
    [InlineData("density:0,5")]
    [InlineData("density:NaN")]
    [InlineData("density:1e-1")]
    public void TryRead_ThatIsNot_IsRefused(string text) => Assert.False(LivePolicy.TryRead(text, out _));

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    public void Create_DensityQueues_HaveTheExponent(double exponent)
    {
        Assert.True(LivePolicy.TryRead(string.Create(CultureInfo.InvariantCulture, $"density:{exponent}"), out var policy));

        using var created = policy.Create(1000, new Random(1));
        Assert.Equal(exponent, Assert.IsType<DensityQueuesPolicy>(created).Exponent);
    }

    [Fact]
    public void Create_S3Fifo_IsOfItsCapacity()
    {
        using var created = LivePolicy.S3Fifo.Create(1000, new Random(1));
        Assert.Equal(1000, Assert.IsType<S3FifoPolicy>(created).CapacityBytes);
    }
}

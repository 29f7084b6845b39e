using EdgeMesh.Node.Values;
using FsCheck;
using FsCheck.Fluent;

namespace EdgeMesh.Node.Tests.Values;

public sealed class CacheStatusFieldTests
{
    [Theory]
    [InlineData("LHR50-1; hit; ttl=59", "LHR50-1", "hit")]
    [InlineData("LHR50-1; hit=?1", "LHR50-1", "hit")]
    [InlineData("LHR50-1;fwd=miss;stored", "LHR50-1", "miss")]
    [InlineData("LHR50-1; fwd=uri-miss", "LHR50-1", "miss")]
    [InlineData("LHR50-1; fwd=vary-miss", "LHR50-1", "miss")]
    [InlineData("LHR50-1; fwd=bypass; detail=\"a, b; hit\"", "LHR50-1", "bypass")]
    [InlineData("shield; hit, LHR50-1; fwd=stale", "LHR50-1", "stale")]
    [InlineData("\"my \\\"cache\\\", here\"; hit", "my \\\"cache\\\", here", "hit")]
    public void Read_Field_NearestCacheAndOutcome(string text, string cache, string outcome) =>
        Assert.Equal(new(cache, outcome), CacheStatusField.Read(text));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" , ")]
    public void Read_NoField_Null(string? text) => Assert.Null(CacheStatusField.Read(text));

    [Fact]
    public void Read_AnyText_NeverThrows() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), text => CacheStatusField.Read(text) is null or { Outcome.Length: >= 0 }).QuickCheckThrowOnFailure();
}

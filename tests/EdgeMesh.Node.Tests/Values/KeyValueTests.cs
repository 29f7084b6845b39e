using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.Tests.Values;

public sealed class KeyValueTests
{
    [Theory]
    [InlineData("a=b", "a", "b")]
    [InlineData("a=", "a", "")]
    [InlineData("a=b=c", "a", "b=c")]
    [InlineData(" a =b ", "a", "b ")]
    public void TryRead_Pair_SplitAtFirstSign(string text, string key, string value)
    {
        Assert.True(KeyValue.TryRead(text, out var pair, out _));
        Assert.Equal(new(key, value), pair);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("=b")]
    [InlineData(" =b")]
    public void TryRead_NoPair_Refused(string text) => Assert.False(KeyValue.TryRead(text, out _, out _));

    [Theory]
    [InlineData("Authorization: Bearer a=b", "authorization", "Bearer a=b")]
    [InlineData("x-tenant=acme:eu", "x-tenant", "acme:eu")]
    [InlineData("empty:", "empty", "")]
    public void TryReadHeader_NameAndValue_LowerCaseName(string text, string key, string value)
    {
        Assert.True(KeyValue.TryReadHeader(text, out var pair, out _));
        Assert.Equal(new(key, value), pair);
    }
}

using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Tests.Values;

public sealed class ByteRangeTextTests
{
    [Theory]
    [InlineData("0-99", 0, 100)]
    [InlineData("5-5", 5, 1)]
    [InlineData("100-", 100, 0)]
    [InlineData("0-", 0, 0)]
    [InlineData("-500", -500, 0)]
    [InlineData("1-9223372036854775807", 1, long.MaxValue)]
    public void TryRead_Range_OffsetAndLength(string text, long offset, long length)
    {
        Assert.True(ByteRangeText.TryRead(text, out var value, out _));
        Assert.Equal(new ByteRange { OffsetBytes = offset, LengthBytes = length }, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("5")]
    [InlineData("-0")]
    [InlineData("9-5")]
    [InlineData("a-b")]
    [InlineData("1-2-3")]
    [InlineData("+1-2")]
    [InlineData("0-9223372036854775807")]
    [InlineData("99999999999999999999-")]
    public void TryRead_NoRange_Refused(string text)
    {
        Assert.False(ByteRangeText.TryRead(text, out _, out var error));
        Assert.Contains("want FIRST-LAST", error);
    }
}

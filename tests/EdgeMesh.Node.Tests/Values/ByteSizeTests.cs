using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.Tests.Values;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("1048576", 1 << 20)]
    [InlineData("64KiB", 64 << 10)]
    [InlineData("512MiB", 512 << 20)]
    [InlineData("2GiB", 2L << 30)]
    [InlineData("1TiB", 1L << 40)]
    public void TryRead_Size_Bytes(string text, long bytes)
    {
        Assert.True(ByteSize.TryRead(text, out var value, out _));
        Assert.Equal(bytes, value.Bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("KiB")]
    [InlineData("-1")]
    [InlineData("1.5GiB")]
    [InlineData("64KB")]
    [InlineData("64 KiB")]
    [InlineData("9223372036854775808")]
    [InlineData("8388608TiB")]
    public void TryRead_NoSize_Refused(string text)
    {
        Assert.False(ByteSize.TryRead(text, out _, out var error));
        Assert.Contains("want a number of bytes", error);
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1.0 KiB")]
    [InlineData(1_572_864, "1.5 MiB")]
    [InlineData(ulong.MaxValue, "16777216.0 TiB")]
    public void Show_Bytes_LargestUnit(ulong bytes, string text) => Assert.Equal(text, ByteSize.Show(bytes));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(1000, "1000")]
    [InlineData(1024, "1KiB")]
    [InlineData(1536, "1536")]
    [InlineData(134_217_728, "128MiB")]
    public void ToString_Bytes_ReadsBackTheSame(long bytes, string text)
    {
        Assert.Equal(text, new ByteSize(bytes).ToString());
        Assert.True(ByteSize.TryRead(text, out var again, out _));
        Assert.Equal(bytes, again.Bytes);
    }
}

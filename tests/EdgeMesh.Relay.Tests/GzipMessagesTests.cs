using System.IO.Compression;
using EdgeMesh.Relay.Cache;

namespace EdgeMesh.Relay.Tests;

public sealed class GzipMessagesTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(700)]
    public void Decompress_Whole_IsTheMessage(int length) => Assert.Equal(Message(length), GzipMessages.Decompress(Compress(Message(length)), length));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(700)]
    public void Decompress_CutAnywhere_IsNoMessage(int length)
    {
        var whole = Compress(Message(length));
        Assert.All(Enumerable.Range(0, whole.Length), kept => Assert.Null(GzipMessages.Decompress(new ArraySegment<byte>(whole, 0, kept), 10_000)));
    }

    [Fact]
    public void Decompress_FollowedByAnything_IsNoMessage()
    {
        var whole = Compress(Message(700));

        Assert.Null(GzipMessages.Decompress((byte[])[.. whole, 0], 10_000));
        Assert.Null(GzipMessages.Decompress((byte[])[.. whole, .. whole], 10_000));
        Assert.Null(GzipMessages.Decompress((byte[])[.. whole, .. "anything"u8], 10_000));
    }

    [Fact]
    public void Decompress_BeyondTheBound_IsNoMessage() => Assert.Null(GzipMessages.Decompress(Compress(Message(701)), 700));

    private static byte[] Message(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i * i))];

    private static byte[] Compress(byte[] message)
    {
        if (message.Length == 0)
        {
            // The library writes nothing for nothing.
            return Convert.FromHexString("1f8b08000000000000ff03000000000000000000");
        }

        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Optimal))
        {
            gzip.Write(message);
        }

        return output.ToArray();
    }
}

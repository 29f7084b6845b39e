using System.IO.Compression;
using EdgeMesh.GrpcStack.Messages;
using Grpc.Net.Compression;

namespace EdgeMesh.GrpcStack.Tests.Messages;

public sealed class MessageCodingsTests
{
    [Theory]
    [InlineData("gzip", true)]
    [InlineData("identity,gzip", true)]
    [InlineData("identity, gzip ,deflate", true)]
    [InlineData("gzip2", false)]
    [InlineData("x-gzip", false)]
    [InlineData("", false)]
    public void Accepts_List_ByWholeNames(string accepted, bool expected) => Assert.Equal(expected, MessageCodings.Accepts(accepted, "gzip"));

    [Fact]
    public void Find_KnownOnly()
    {
        var gzip = new GzipCompressionProvider(CompressionLevel.Fastest);
        var codings = new MessageCodings([gzip]);

        Assert.Same(gzip, codings.Find("gzip"));
        Assert.Null(codings.Find("identity"));
        Assert.Null(codings.Find("zstd"));
        Assert.Equal("identity,gzip", codings.AcceptEncoding);
    }
}

using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace EdgeMesh.GrpcStack.Tests.Server;

public sealed class CompressionTests
{
    [Fact]
    public async Task Request_Gzipped_IsDecompressed()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript());

        var answer = await host.CallAsync("Unary", Frames.Gzipped(1, 2, 3), ("grpc-encoding", "gzip"));

        Assert.Equal(StatusCode.OK, answer.Status);
        Assert.Equal([1, 2, 3], Frames.Value(answer.Messages.Single().Bytes));
        Assert.False(answer.Headers.ContainsKey("grpc-encoding"));
    }

    [Fact]
    public async Task Request_GzipDeclaredButMessageNot_IsTakenAsItIs()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript());

        var answer = await host.CallAsync("Unary", Frames.Of(1), ("grpc-encoding", "gzip"));

        Assert.Equal([1], Frames.Value(answer.Messages.Single().Bytes));
    }

    [Fact]
    public async Task Request_StreamMixesCompressedAndPlain_BothAreTaken()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript
        {
            ClientStreaming = async (requests, _) =>
            {
                var all = new List<byte>();
                await foreach (var request in requests.ReadAllAsync())
                {
                    all.AddRange(request.Value);
                }

                return new BytesValue { Value = ByteString.CopyFrom([.. all]) };
            },
        });

        var answer = await host.CallAsync("ClientStreaming", [.. Frames.Gzipped(1), .. Frames.Of(2), .. Frames.Gzipped(3)], ("grpc-encoding", "gzip"));

        Assert.Equal([1, 2, 3], Frames.Value(answer.Messages.Single().Bytes));
    }

    [Theory]
    [InlineData(null, StatusCode.Internal, "no grpc-encoding")]
    [InlineData("identity", StatusCode.Internal, "identity")]
    [InlineData("zstd", StatusCode.Unimplemented, "zstd")]
    public async Task Request_CompressedWithoutKnownCoding_IsRefused(string? coding, StatusCode status, string message)
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript());

        var answer = coding is null
            ? await host.CallAsync("Unary", Frames.Gzipped(1))
            : await host.CallAsync("Unary", Frames.Gzipped(1), ("grpc-encoding", coding));

        Assert.True(answer.IsTrailersOnly);
        Assert.Equal(status, answer.Status);
        Assert.Contains(message, answer.Message, StringComparison.Ordinal);
        Assert.Equal(["identity,gzip"], answer.Headers["grpc-accept-encoding"]);
    }

    [Fact]
    public async Task Request_NotGzip_IsInternal()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript());

        var answer = await host.CallAsync("Unary", Frames.Around([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], flag: 1), ("grpc-encoding", "gzip"));

        Assert.Equal(StatusCode.Internal, answer.Status);
        Assert.Contains("gzip", answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_TruncatedGzip_IsInternal()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript());
        var value = new byte[1000];
        new Random(1).NextBytes(value);
        var gzipped = Frames.Gzip(Frames.Payload(value));

        var answer = await host.CallAsync("Unary", Frames.Around(gzipped[..^200], flag: 1), ("grpc-encoding", "gzip"));

        Assert.Equal(StatusCode.Internal, answer.Status);
    }

    [Theory]
    [InlineData("identity,deflate,gzip", true)]
    [InlineData("identity, gzip", true)]
    [InlineData("identity,xgzip", false)]
    [InlineData(null, false)]
    public async Task Response_CompressionConfigured_FollowsWhatTheCallerTakes(string? accepted, bool isCompressed)
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript(), options => options.ResponseCompressionAlgorithm = "gzip");
        var value = new byte[10_000];

        var answer = accepted is null
            ? await host.CallAsync("Unary", Frames.Of(value))
            : await host.CallAsync("Unary", Frames.Of(value), ("grpc-accept-encoding", accepted));

        var (flag, bytes) = answer.Messages.Single();
        Assert.Equal(isCompressed, flag);
        Assert.Equal(isCompressed, answer.Headers.ContainsKey("grpc-encoding"));
        Assert.Equal(value, Frames.Value(isCompressed ? Frames.Gunzip(bytes) : bytes));
        Assert.Equal(isCompressed, answer.Body.Length < 1000);
    }

    [Fact]
    public async Task Response_AskedForByTheHandler_IsCompressedPerMessage()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript
        {
            ServerStreaming = async (request, answers, context) =>
            {
                await context.WriteResponseHeadersAsync(new Metadata { { "grpc-internal-encoding-request", "gzip" }, { "other", "kept" } });
                await answers.WriteAsync(request);
                answers.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
                await answers.WriteAsync(request);
                answers.WriteOptions = new WriteOptions();
                await answers.WriteAsync(request);
            },
        });

        var answer = await host.CallAsync("ServerStreaming", Frames.Of(1), ("grpc-accept-encoding", "gzip"));

        Assert.Equal(["gzip"], answer.Headers["grpc-encoding"]);
        Assert.Equal(["kept"], answer.Headers["other"]);
        Assert.False(answer.Headers.ContainsKey("grpc-internal-encoding-request"));
        Assert.Equal([true, false, true], answer.Messages.Select(m => m.IsCompressed));
        Assert.Equal([1], Frames.Value(Frames.Gunzip(answer.Messages[2].Bytes)));
    }

    [Fact]
    public async Task Response_NoCompressOnTheContext_HoldsForUnary()
    {
        await using var host = await ScriptedHost.StartAsync(
            new ServiceScript
            {
                Unary = (request, context) =>
                {
                    context.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
                    return Task.FromResult(request);
                },
            },
            options => options.ResponseCompressionAlgorithm = "gzip");

        var answer = await host.CallAsync("Unary", Frames.Of(1), ("grpc-accept-encoding", "gzip"));

        Assert.False(answer.Messages.Single().IsCompressed);
        Assert.Equal(["gzip"], answer.Headers["grpc-encoding"]);
    }

    [Fact]
    public async Task Response_HandlerChoosesIdentity_OverridesConfiguration()
    {
        await using var host = await ScriptedHost.StartAsync(
            new ServiceScript
            {
                Unary = async (request, context) =>
                {
                    await context.WriteResponseHeadersAsync(new Metadata { { "grpc-internal-encoding-request", "identity" } });
                    return request;
                },
            },
            options => options.ResponseCompressionAlgorithm = "gzip");

        var answer = await host.CallAsync("Unary", Frames.Of(1), ("grpc-accept-encoding", "gzip"));

        Assert.False(answer.Messages.Single().IsCompressed);
        Assert.False(answer.Headers.ContainsKey("grpc-encoding"));
    }

    [Fact]
    public async Task MapGrpcService_UnknownResponseCompression_StopsTheStart()
    {
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => ScriptedHost.StartAsync(new ServiceScript(), options => options.ResponseCompressionAlgorithm = "zstd"));

        Assert.Contains("zstd", fault.Message, StringComparison.Ordinal);
    }
}

using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeMesh.GrpcStack.Tests.Server;

public sealed class MessageLimitTests
{
    [Fact]
    public async Task Receive_OverDefaultLimit_NamesSizeAndLimit()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript());
        var frame = Frames.Of(new byte[4 * 1024 * 1024]);

        var answer = await host.CallAsync("Unary", frame);

        Assert.True(answer.IsTrailersOnly);
        Assert.Equal(StatusCode.ResourceExhausted, answer.Status);
        Assert.Contains($"{frame.Length - 5} bytes", answer.Message, StringComparison.Ordinal);
        Assert.Contains("limit 4194304 bytes", answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Receive_ExactlyTheLimit_IsTaken()
    {
        var frame = Frames.Of(new byte[100]);
        await using var host = await ScriptedHost.StartAsync(new ServiceScript(), options => options.MaxReceiveMessageSize = frame.Length - 5);

        Assert.Equal(StatusCode.OK, (await host.CallAsync("Unary", frame)).Status);
        Assert.Equal(StatusCode.ResourceExhausted, (await host.CallAsync("Unary", Frames.Of(new byte[101]))).Status);
    }

    [Fact]
    public async Task Receive_LengthOverLimit_IsRefusedBeforeTheMessageComes()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript());
        using var call = new RawCall(host, "Unary");
        call.Send([[0, 0xff, 0xff, 0xff, 0xff]]);

        var answer = await call.ReadToEndAsync();

        Assert.Equal(StatusCode.ResourceExhausted, answer.Status);
        Assert.Contains("4294967295 bytes", answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Receive_ZipBomb_IsStoppedAtTheLimit()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript());
        var bomb = Frames.Around(Frames.Gzip(new byte[256 * 1024 * 1024]), flag: 1);
        Assert.True(bomb.Length < 1024 * 1024);
        var before = GC.GetTotalAllocatedBytes();

        var answer = await host.CallAsync("Unary", bomb, ("grpc-encoding", "gzip"));

        Assert.Equal(StatusCode.ResourceExhausted, answer.Status);
        Assert.Contains("limit 4194304 bytes", answer.Message, StringComparison.Ordinal);
        Assert.True(GC.GetTotalAllocatedBytes() - before < 64 * 1024 * 1024);
    }

    [Fact]
    public async Task Receive_DecompressedExactlyTheLimit_IsTaken()
    {
        var payload = Frames.Payload(new byte[100_000]);
        await using var host = await ScriptedHost.StartAsync(new ServiceScript(), options => options.MaxReceiveMessageSize = payload.Length);

        Assert.Equal(StatusCode.OK, (await host.CallAsync("Unary", Frames.Gzipped(new byte[100_000]), ("grpc-encoding", "gzip"))).Status);
        Assert.Equal(StatusCode.ResourceExhausted, (await host.CallAsync("Unary", Frames.Gzipped(new byte[100_001]), ("grpc-encoding", "gzip"))).Status);
    }

    [Fact]
    public async Task Receive_NoLimit_TakesMoreThanKestrelsBodyLimit()
    {
        await using var host = await ScriptedHost.StartAsync(
            new ServiceScript { Unary = (request, _) => Task.FromResult(new BytesValue { Value = ByteString.CopyFrom((byte)(request.Value.Length / (1024 * 1024))) }) },
            options => options.MaxReceiveMessageSize = null);

        var answer = await host.CallAsync("Unary", Frames.Of(new byte[32 * 1024 * 1024]));

        Assert.Equal([32], Frames.Value(answer.Messages.Single().Bytes));
    }

    [Fact]
    public async Task Send_OverLimit_IsRefusedWithoutAMessage()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript(), options => options.MaxSendMessageSize = 10);

        var answer = await host.CallAsync("Unary", Frames.Of(new byte[20]));

        Assert.True(answer.IsTrailersOnly);
        Assert.Equal(StatusCode.ResourceExhausted, answer.Status);
        Assert.Contains("22 bytes, limit 10 bytes", answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_OverLimitInAStream_KeepsWhatWasSent()
    {
        await using var host = await ScriptedHost.StartAsync(
            new ServiceScript
            {
                ServerStreaming = async (request, answers, _) =>
                {
                    await answers.WriteAsync(request);
                    await answers.WriteAsync(new BytesValue { Value = ByteString.CopyFrom(new byte[20]) });
                },
            },
            options => options.MaxSendMessageSize = 10);

        var answer = await host.CallAsync("ServerStreaming", Frames.Of(1));

        Assert.Single(answer.Messages);
        Assert.Equal(["8"], answer.Trailers["grpc-status"]);
    }

    [Fact]
    public async Task ServiceOptions_OverrideTheShared()
    {
        await using var host = await ScriptedHost.StartAsync(
            new ServiceScript(),
            options => options.MaxReceiveMessageSize = 10,
            build: builder => builder.Services.AddGrpc().AddServiceOptions<ScriptedService>(options => options.MaxReceiveMessageSize *= 10));

        Assert.Equal(StatusCode.OK, (await host.CallAsync("Unary", Frames.Of(new byte[50]))).Status);
        Assert.Contains("limit 100 bytes", (await host.CallAsync("Unary", Frames.Of(new byte[200]))).Message, StringComparison.Ordinal);
    }
}

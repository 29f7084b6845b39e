using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using EdgeMesh.Relay.Calls;
using EdgeMesh.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EdgeMesh.Relay.Tests;

/// <summary>Upstreams that refuse, stall, trickle, or send what cannot be relayed.</summary>
public sealed class HostileUpstreamTests
{
    private const int RefusedStream = 0x7;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_RefusedUnprocessed_IsSentAgain(bool isCaching)
    {
        var origin = default(RawOrigin);
        await using var started = origin = await RawOrigin.StartAsync(async context =>
        {
            var body = await RawOrigin.ReadAllAsync(context);
            if (origin!.Calls == 1)
            {
                context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(RefusedStream);
                return;
            }

            await RawOrigin.AnswerAsync(context, body);
        });
        await using var node = await RelayFixture.StartAsync(origin.Address, isCaching);
        using var caller = new RawCaller(node.Address);

        var answer = await caller.CallAsync("/a.B/C", Frames.Of("again")).WaitAsync(TestDeadline.Default);

        Assert.Equal(("0", "again"), (answer.Status, answer.Text));
        Assert.Equal(2, origin.Calls);
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 1 }, "13", "reset the call (HTTP/2 error 0x1)")]
    [InlineData(new byte[] { 0, 0, 1, 0, 0, 0, 0, 0, 0, 0 }, "14", "left a PING without an answer, or broke the rules of HTTP/2")]
    public async Task Call_StreamResetOrConnectionBroken_IsInternalOrUnavailable(byte[] frame, string status, string message)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var peer = AnswerWithAsync(listener, frame);
        await using (var node = await RelayFixture.StartAsync(new Uri($"http://{listener.LocalEndpoint}"), isCaching: false))
        {
            using var caller = new RawCaller(node.Address);

            var answer = await caller.CallAsync("/a.B/C", Frames.Of("lost")).WaitAsync(TestDeadline.Default);

            Assert.Equal(status, answer.Status);
            Assert.Contains(message, answer.Message, StringComparison.Ordinal);
        }

        await peer.WaitAsync(TestDeadline.Default);
    }

    [Fact]
    public async Task Call_StreamRefusedAfterItsFirstMessage_IsSentAgainWhole()
    {
        var origin = default(RawOrigin);
        var isSecond = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var started = origin = await RawOrigin.StartAsync(async context =>
        {
            if (origin!.Calls == 1)
            {
                await context.Request.Body.ReadExactlyAsync(new byte[Frames.Of("one").Length]);
                context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(RefusedStream);
                return;
            }

            isSecond.SetResult();
            await RawOrigin.AnswerAsync(context, await RawOrigin.ReadAllAsync(context));
        });
        await using var node = await RelayFixture.StartAsync(origin.Address, isCaching: false);
        using var caller = new RawCaller(node.Address);
        var pipe = new Pipe();

        await pipe.Writer.WriteAsync(Frames.Of("one"));
        var call = caller.SendAsync("/a.B/C", new DuplexContent(pipe.Reader));
        await isSecond.Task.WaitAsync(TestDeadline.Default);
        await pipe.Writer.WriteAsync(Frames.Of("two"));
        await pipe.Writer.CompleteAsync();
        using var response = await call.WaitAsync(TestDeadline.Default);

        var echoed = await response.Content.ReadAsByteArrayAsync();
        Assert.Equal([.. Frames.Of("one"), .. Frames.Of("two")], echoed);
    }

    [Fact]
    public async Task Call_RefusedAfterMoreThanIsKept_IsUnavailable()
    {
        const int Bytes = 100 * 1024;
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            await context.Request.Body.ReadExactlyAsync(new byte[Bytes]);
            context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(RefusedStream);
        });
        await using var node = await RelayFixture.StartAsync(origin.Address, isCaching: false);
        using var caller = new RawCaller(node.Address);

        var answer = await caller.CallAsync("/a.B/C", Frames.Of(new byte[Bytes])).WaitAsync(TestDeadline.Default);

        Assert.Equal("14", answer.Status);
    }

    [Fact]
    public async Task Call_OtherCallsOfTheConnectionAreStalled_GoesOn()
    {
        const int Stalled = 4;
        using var arrived = new SemaphoreSlim(0);
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            if (context.Request.Path == "/a.B/Stall")
            {
                arrived.Release();
                var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                await using var registration = context.RequestAborted.Register(gone.SetResult);
                await gone.Task;
                return;
            }

            await RawOrigin.AnswerAsync(context, await RawOrigin.ReadAllAsync(context));
        });
        await using var node = await RelayFixture.StartAsync(origin.Address, isCaching: false);
        using var caller = new RawCaller(node.Address);
        using var end = new CancellationTokenSource();

        // Each wants to send more than its window, and nobody reads it.
        var stalled = Enumerable.Range(0, Stalled).Select(_ => caller.CallAsync("/a.B/Stall", Frames.Of(new byte[4 << 20]), end.Token)).ToArray();
        for (var i = 0; i < Stalled; i++)
        {
            Assert.True(await arrived.WaitAsync(TestDeadline.Default));
        }

        for (var i = 0; i < 100; i++)
        {
            var answer = await caller.CallAsync("/a.B/Echo", Frames.Of(new byte[16 * 1024])).WaitAsync(TestDeadline.Default);
            Assert.Equal("0", answer.Status);
        }

        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(stalled));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_ControlCharacterInAnAnswersTrailers_IsInternalAfterTheMessage(bool isCaching)
    {
        await using var node = await RelayFixture.StartAsync(new Scripted(() => Answer(new ByteArrayContent(Frames.Of("x")), trailer: "a\u0001b")), isCaching);
        using var caller = new RawCaller(node.Address);

        var answer = await caller.CallAsync("/a.B/C", Frames.Of("q")).WaitAsync(TestDeadline.Default);

        Assert.Null(answer.Header("grpc-status"));
        Assert.Equal("13", answer.Trailer("grpc-status"));
        Assert.Contains("\"x-c\" must not hold control characters", answer.Message, StringComparison.Ordinal);
        Assert.Equal("x", answer.Text);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_AnswerEndsWithoutStatus_IsUnknownAfterTheMessage(bool isCaching)
    {
        await using var node = await RelayFixture.StartAsync(new Scripted(() => Answer(new ByteArrayContent(Frames.Of("x")), status: null)), isCaching);
        using var caller = new RawCaller(node.Address);

        var answer = await caller.CallAsync("/a.B/C", Frames.Of("q")).WaitAsync(TestDeadline.Default);

        Assert.Null(answer.Header("grpc-status"));
        Assert.Equal("2", answer.Trailer("grpc-status"));
        Assert.Equal("x", answer.Text);
    }

    [Fact]
    public async Task Call_AnswerTrickles_CostsLittleMoreThanItsBytes()
    {
        const int Bytes = 64 * 1024;
        var frame = Frames.Of(new byte[Bytes]);
        await using var node = await RelayFixture.StartAsync(new Scripted(() => Answer(new StreamContent(new Trickle(frame)), cacheControl: "max-age=60")));
        using var caller = new RawCaller(node.Address);

        var before = GC.GetTotalAllocatedBytes();
        var answer = await caller.CallAsync("/a.B/C", Frames.Of("q")).WaitAsync(TestDeadline.Default);
        var allocated = GC.GetTotalAllocatedBytes() - before;

        // A chunk of 16 KiB for each byte would be 1 GiB; other tests of this process allocate meanwhile.
        Assert.Equal(frame, answer.Body);
        Assert.InRange(allocated, 0, 512L << 20);
    }

    private static HttpResponseMessage Answer(HttpContent content, string? cacheControl = null, string? trailer = null, string? status = "0")
    {
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = content };
        if (status is not null)
        {
            response.TrailingHeaders.TryAddWithoutValidation("grpc-status", status);
        }

        if (cacheControl is not null)
        {
            response.Headers.TryAddWithoutValidation("cache-control", cacheControl);
        }

        if (trailer is not null)
        {
            response.TrailingHeaders.TryAddWithoutValidation("x-c", trailer);
        }

        return response;
    }

    private sealed class Scripted(Func<HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(answer());
    }

    /// <summary>Gives one byte a read.</summary>
    private sealed class Trickle(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(1, buffer.Length)], cancellationToken);
    }

    /// <summary>A peer of one connection, frame by frame: its settings, then after the first HEADERS what it is given, until the other side goes.</summary>
    private static async Task AnswerWithAsync(TcpListener listener, byte[] frame)
    {
        const int PrefaceSize = 24;
        const int FrameHeaderSize = 9;
        const int HeadersType = 1;
        using var client = await listener.AcceptTcpClientAsync();
        var stream = client.GetStream();
        await stream.WriteAsync(new byte[] { 0, 0, 0, 4, 0, 0, 0, 0, 0 });
        await stream.ReadExactlyAsync(new byte[PrefaceSize]);
        for (var header = new byte[FrameHeaderSize]; header[3] != HeadersType;)
        {
            await stream.ReadExactlyAsync(header);
            await stream.ReadExactlyAsync(new byte[(header[0] << 16) | (header[1] << 8) | header[2]]);
        }

        await stream.WriteAsync(frame);
        await stream.CopyToAsync(Stream.Null).ContinueWith(_ => { }, TaskScheduler.Default);
    }
}

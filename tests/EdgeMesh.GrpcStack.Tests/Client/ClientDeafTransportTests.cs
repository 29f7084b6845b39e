using EdgeMesh.Testing;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeMesh.GrpcStack.Tests.Client;

/// <summary>A transport that does not heed cancellation must not keep a call from ending.</summary>
public sealed class ClientDeafTransportTests
{
    [Fact]
    public async Task Deadline_OverADeafTransport_EndsTheCall()
    {
        var clock = new ManualTimeProvider();
        using var handler = new DeafHandler();
        using var channel = GrpcChannel.ForAddress("http://localhost:1", new GrpcChannelOptions { HttpHandler = handler, TimeProvider = clock });
        var call = channel.Unary(new CallOptions(deadline: clock.GetUtcNow().UtcDateTime.AddSeconds(1)));

        clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(StatusCode.DeadlineExceeded, (await call.FailsAsync()).StatusCode);
        Assert.Equal(StatusCode.DeadlineExceeded, (await ClientTestCalls.FailsAsync(call.ResponseHeadersAsync)).StatusCode);
    }

    [Fact]
    public async Task Dispose_OverADeafTransport_EndsTheRequestBody()
    {
        using var handler = new DeafHandler();
        using var channel = GrpcChannel.ForAddress("http://localhost:1", new GrpcChannelOptions { HttpHandler = handler });
        var call = channel.Duplex();

        call.Dispose();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => handler.Body!.InTime());
    }

    [Fact]
    public async Task Response_AfterTheEnd_IsDisposed()
    {
        var content = new ObservedContent();
        using var handler = new DeafHandler();
        using var channel = GrpcChannel.ForAddress("http://localhost:1", new GrpcChannelOptions { HttpHandler = handler });
        var call = channel.Unary();
        call.Dispose();
        await call.FailsAsync();

        handler.Response.SetResult(new HttpResponseMessage { Content = content });

        await content.Disposed.InTime();
    }

    private sealed class DeafHandler : HttpMessageHandler
    {
        public Task? Body { get; private set; }

        public TaskCompletionSource<HttpResponseMessage> Response { get; } = new();

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Body = request.Content!.CopyToAsync(Stream.Null, CancellationToken.None);
            return Response.Task;
        }
    }

    private sealed class ObservedContent : StringContent
    {
        private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ObservedContent()
            : base("late")
        {
        }

        public Task Disposed => _disposed.Task;

        protected override void Dispose(bool disposing)
        {
            _disposed.TrySetResult();
            base.Dispose(disposing);
        }
    }
}

using EdgeMesh.GrpcStack.Tests.Server;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace EdgeMesh.GrpcStack.Tests.Core;

public sealed class ClientBaseTests
{
    [Fact]
    public void WithHost_EveryTypeOfCall_NamesTheHost()
    {
        var invoker = new RecordingInvoker();

        new TestClient(invoker).CallAll();
        new TestClient(invoker).WithHost("other").CallAll();

        Assert.Equal(5, invoker.Hosts.Count(host => host is null));
        Assert.Equal(5, invoker.Hosts.Count(host => host == "other"));
    }

    [Fact]
    public void Constructor_Channel_AsksItForTheInvoker()
    {
        var channel = new TestChannel();

        new TestClient(channel).CallAll();

        Assert.Equal("here:1", channel.Target);
        Assert.Equal(5, channel.Invoker.Hosts.Count);
        Assert.True(channel.ShutdownAsync().IsCompletedSuccessfully);
    }

    [Fact]
    public void Constructor_TestDouble_FailsOnlyWhenItCalls()
    {
        var fault = Assert.Throws<InvalidOperationException>(() => new TestClient().CallAll());

        Assert.Contains("/test.TestService/Unary", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CallOptions_With_ChangesACopy()
    {
        var deadline = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        using var cancellation = new CancellationTokenSource();
        var headers = new Metadata { { "a", "b" } };
        var write = new WriteOptions(WriteFlags.NoCompress);

        var options = default(CallOptions).WithHeaders(headers).WithDeadline(deadline).WithCancellationToken(cancellation.Token).WithWriteOptions(write).WithWaitForReady();

        Assert.Same(headers, options.Headers);
        Assert.Equal(deadline, options.Deadline);
        Assert.Equal(cancellation.Token, options.CancellationToken);
        Assert.Same(write, options.WriteOptions);
        Assert.True(options.IsWaitForReady);
        Assert.False(options.WithWaitForReady(false).IsWaitForReady);
        Assert.Equal(options.Deadline, new CallOptions(headers, deadline).Deadline);
    }

    private sealed class TestClient : ClientBase<TestClient>
    {
        public TestClient()
        {
        }

        public TestClient(CallInvoker invoker)
            : base(invoker)
        {
        }

        public TestClient(ChannelBase channel)
            : base(channel)
        {
        }

        private TestClient(ClientBaseConfiguration configuration)
            : base(configuration)
        {
        }

        public void CallAll()
        {
            var request = new BytesValue();
            CallInvoker.BlockingUnaryCall(TestServiceMethods.Unary, null, default, request);
            CallInvoker.AsyncUnaryCall(TestServiceMethods.Unary, null, default, request);
            CallInvoker.AsyncServerStreamingCall(TestServiceMethods.ServerStreaming, null, default, request);
            CallInvoker.AsyncClientStreamingCall(TestServiceMethods.ClientStreaming, null, default);
            CallInvoker.AsyncDuplexStreamingCall(TestServiceMethods.Duplex, null, default);
        }

        protected override TestClient NewInstance(ClientBaseConfiguration configuration) => new(configuration);
    }

    private sealed class TestChannel() : ChannelBase("here:1")
    {
        public RecordingInvoker Invoker { get; } = new();

        public override CallInvoker CreateCallInvoker() => Invoker;
    }

    /// <summary>Makes no calls: keeps the host that each names.</summary>
    private sealed class RecordingInvoker : CallInvoker
    {
        public List<string?> Hosts { get; } = [];

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => Keep<TResponse>(host);

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
            Keep<AsyncUnaryCall<TResponse>>(host);

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
            Keep<AsyncServerStreamingCall<TResponse>>(host);

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) =>
            Keep<AsyncClientStreamingCall<TRequest, TResponse>>(host);

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) =>
            Keep<AsyncDuplexStreamingCall<TRequest, TResponse>>(host);

        private T Keep<T>(string? host)
            where T : class
        {
            Hosts.Add(host);
            return null!;
        }
    }
}

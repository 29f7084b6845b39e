using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeMesh.GrpcStack.Client;

/// <summary>Makes the calls of a <see cref="GrpcChannel"/>: each is a <see cref="ClientCall{TRequest,TResponse}"/> behind the standard call object.</summary>
internal sealed class ChannelCallInvoker(GrpcChannel channel) : CallInvoker
{
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        AsyncUnaryCall(method, host, options, request).GetAwaiter().GetResult();

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = Start(method, host, options, request);
        return new AsyncUnaryCall<TResponse>(call.ReadSingleAsync(), HeadersOf, StatusOf, TrailersOf, Dispose, call);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = Start(method, host, options, request);
        return new AsyncServerStreamingCall<TResponse>(new ClientStreamReader<TRequest, TResponse>(call), HeadersOf, StatusOf, TrailersOf, Dispose, call);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var (call, requests) = Start(method, host, options);
        return new AsyncClientStreamingCall<TRequest, TResponse>(requests, call.ReadSingleAsync(), HeadersOf, StatusOf, TrailersOf, Dispose, call);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var (call, requests) = Start(method, host, options);
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            requests, new ClientStreamReader<TRequest, TResponse>(call), HeadersOf, StatusOf, TrailersOf, Dispose, call);
    }

    private ClientCall<TRequest, TResponse> Start<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
        where TRequest : class
        where TResponse : class
    {
        var call = new ClientCall<TRequest, TResponse>(channel, method, host, options);
        call.Start(request);
        return call;
    }

    private (ClientCall<TRequest, TResponse> Call, ClientStreamWriter<TRequest, TResponse> Requests) Start<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
        where TRequest : class
        where TResponse : class
    {
        var call = new ClientCall<TRequest, TResponse>(channel, method, host, options);
        return (call, call.StartStreaming());
    }

    private static Task<Metadata> HeadersOf(object call) => ((IClientCall)call).GetResponseHeadersAsync();

    private static Status StatusOf(object call) => ((IClientCall)call).GetStatus();

    private static Metadata TrailersOf(object call) => ((IClientCall)call).GetTrailers();

    private static void Dispose(object call) => ((IClientCall)call).Dispose();
}

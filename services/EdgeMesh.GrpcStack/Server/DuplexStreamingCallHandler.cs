using System.Diagnostics.CodeAnalysis;
using Grpc.Core;

namespace EdgeMesh.GrpcStack.Server;

/// <summary>Many requests, many answers.</summary>
internal sealed class DuplexStreamingCallHandler<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TService, TRequest, TResponse>(
    ServiceModel service, Method<TRequest, TResponse> method, Func<TService, IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task> handler) : CallHandler<TRequest, TResponse>(service, method)
    where TService : class
    where TRequest : class
    where TResponse : class
{
    protected override async Task ServeAsync(HttpServerCallContext call)
    {
        var requests = new RequestStream<TRequest>(call, Method.RequestMarshaller);
        var answers = new ResponseStream<TResponse>(call, Method.ResponseMarshaller);
        await using var lease = ServiceLease<TService>.Acquire(call.Http.RequestServices);
        await handler(lease.Service, requests, answers, call).ConfigureAwait(false);
        await call.EndAsync().ConfigureAwait(false);
    }
}

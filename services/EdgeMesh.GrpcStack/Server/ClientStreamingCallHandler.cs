using System.Diagnostics.CodeAnalysis;
using Grpc.Core;

namespace EdgeMesh.GrpcStack.Server;

/// <summary>Many requests, one answer.</summary>
internal sealed class ClientStreamingCallHandler<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TService, TRequest, TResponse>(
    ServiceModel service, Method<TRequest, TResponse> method, Func<TService, IAsyncStreamReader<TRequest>, ServerCallContext, Task<TResponse>> handler) : CallHandler<TRequest, TResponse>(service, method)
    where TService : class
    where TRequest : class
    where TResponse : class
{
    protected override async Task ServeAsync(HttpServerCallContext call)
    {
        var requests = new RequestStream<TRequest>(call, Method.RequestMarshaller);
        await using var lease = ServiceLease<TService>.Acquire(call.Http.RequestServices);
        var answer = await handler(lease.Service, requests, call).ConfigureAwait(false);
        await call.EndAsync(Method.ResponseMarshaller, answer).ConfigureAwait(false);
    }
}

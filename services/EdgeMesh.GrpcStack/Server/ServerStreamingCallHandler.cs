using System.Diagnostics.CodeAnalysis;
using Grpc.Core;

namespace EdgeMesh.GrpcStack.Server;

/// <summary>One request, many answers.</summary>
internal sealed class ServerStreamingCallHandler<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TService, TRequest, TResponse>(
    ServiceModel service, Method<TRequest, TResponse> method, Func<TService, TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task> handler) : CallHandler<TRequest, TResponse>(service, method)
    where TService : class
    where TRequest : class
    where TResponse : class
{
    protected override async Task ServeAsync(HttpServerCallContext call)
    {
        var request = await call.ReadSingleAsync(Method.RequestMarshaller).ConfigureAwait(false);
        var answers = new ResponseStream<TResponse>(call, Method.ResponseMarshaller);
        await using var lease = ServiceLease<TService>.Acquire(call.Http.RequestServices);
        await handler(lease.Service, request, answers, call).ConfigureAwait(false);
        await call.EndAsync().ConfigureAwait(false);
    }
}

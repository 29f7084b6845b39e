using System.Diagnostics.CodeAnalysis;
using Grpc.Core;

namespace EdgeMesh.GrpcStack.Server;

/// <summary>One request, one answer.</summary>
internal sealed class UnaryCallHandler<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TService, TRequest, TResponse>(
    ServiceModel service, Method<TRequest, TResponse> method, Func<TService, TRequest, ServerCallContext, Task<TResponse>> handler) : CallHandler<TRequest, TResponse>(service, method)
    where TService : class
    where TRequest : class
    where TResponse : class
{
    protected override async Task ServeAsync(HttpServerCallContext call)
    {
        var request = await call.ReadSingleAsync(Method.RequestMarshaller).ConfigureAwait(false);
        await using var lease = ServiceLease<TService>.Acquire(call.Http.RequestServices);
        var answer = await handler(lease.Service, request, call).ConfigureAwait(false);
        await call.EndAsync(Method.ResponseMarshaller, answer).ConfigureAwait(false);
    }
}

using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace EdgeMesh.GrpcStack.Server;

/// <summary>Serves the calls of one method of a service; one subclass for each type of call.</summary>
internal abstract class CallHandler<TRequest, TResponse>(ServiceModel service, Method<TRequest, TResponse> method)
    where TRequest : class
    where TResponse : class
{
    protected Method<TRequest, TResponse> Method { get; } = method;

    /// <summary>Serves one call.</summary>
    public async Task HandleAsync(HttpContext http)
    {
        // 1. Only gRPC, and only our own limits.
        if (!RequestGate.TryEnter(http, service.Logger))
        {
            return;
        }

        RequestGate.LiftLimits(http);

        // 2. From here on every end is a gRPC status.
        using var call = new HttpServerCallContext(http, service, Method);
        try
        {
            call.StartDeadline();
            await ServeAsync(call).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await call.EndAsync(e).ConfigureAwait(false);
        }
    }

    /// <summary>Reads what comes as one message, runs the handler on an instance of the service, and ends the call.</summary>
    protected abstract Task ServeAsync(HttpServerCallContext call);
}

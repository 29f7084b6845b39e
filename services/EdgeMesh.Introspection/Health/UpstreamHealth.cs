using Grpc.Core;
using Grpc.Health.V1;

namespace EdgeMesh.Introspection;

/// <summary>Where a service's health is asked.</summary>
/// <param name="Upstream">What the upstream is called in errors: <c>origin shop.v1. at http://127.0.0.1:9000</c>.</param>
/// <param name="Invoker">How it is called.</param>
public sealed record HealthRoute(string Upstream, CallInvoker Invoker);

/// <summary>Asks upstreams for the health of services that are not this node's: an edge asks its Region, a Region the origin whose prefix the name has.</summary>
/// <remarks>Nothing is kept: each check is a call. What the upstream says, statuses other than UNAVAILABLE included, is passed on as it is.</remarks>
/// <param name="route">The upstream for a service's full name, or null when it is nobody's.</param>
public sealed class UpstreamHealth(Func<string, HealthRoute?> route)
{
    /// <summary>No upstream at all.</summary>
    public static UpstreamHealth None { get; } = new(_ => null);

    internal HealthRoute? Find(string service) => route(service);

    internal static async Task<HealthCheckResponse> CheckAsync(HealthRoute route, HealthCheckRequest request, ServerCallContext context)
    {
        try
        {
            using var call = new Grpc.Health.V1.Health.HealthClient(route.Invoker).CheckAsync(request, OptionsOf(context, context.CancellationToken));
            return await call.ResponseAsync.ConfigureAwait(false);
        }
        catch (RpcException e)
        {
            throw Explain(e, route, request.Service);
        }
    }

    internal static async Task WatchAsync(
        HealthRoute route,
        HealthCheckRequest request,
        IServerStreamWriter<HealthCheckResponse> responses,
        ServerCallContext context,
        CancellationToken stopped)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, stopped);
        try
        {
            using var call = new Grpc.Health.V1.Health.HealthClient(route.Invoker).Watch(request, OptionsOf(context, either.Token));
            while (await call.ResponseStream.MoveNext(either.Token).ConfigureAwait(false))
            {
                await responses.WriteAsync(call.ResponseStream.Current, either.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (stopped.IsCancellationRequested && e is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
        {
            throw HealthGrpcService.Stopping();
        }
        catch (RpcException e)
        {
            throw Explain(e, route, request.Service);
        }
    }

    // A health check may need the caller's credentials, as any call to that origin does; what concerns this hop alone stays here.
    private static CallOptions OptionsOf(ServerCallContext context, CancellationToken cancellation)
    {
        var headers = new Metadata();
        foreach (var entry in context.RequestHeaders.Where(entry => IsCallers(entry.Key)))
        {
            headers.Add(entry);
        }

        return new CallOptions(headers, context.Deadline == DateTime.MaxValue ? null : context.Deadline, cancellation);
    }

    private static bool IsCallers(string name) =>
        !name.StartsWith("grpc-", StringComparison.Ordinal) && !name.StartsWith("edgemesh-", StringComparison.Ordinal)
        && !name.StartsWith("x-edgemesh-", StringComparison.Ordinal) && !name.StartsWith("x-forwarded-", StringComparison.Ordinal)
        && name is not ("user-agent" or "host" or "te" or "content-type" or "content-length" or "connection");

    private static RpcException Explain(RpcException e, HealthRoute route, string service) => e.StatusCode == StatusCode.Unavailable
        ? new RpcException(new Status(StatusCode.Unavailable, $"health of \"{Excerpt.Of(service)}\": {route.Upstream} cannot be reached: {e.Status.Detail}"))
        : new RpcException(new Status(e.StatusCode, e.Status.Detail));
}

using Grpc.Core;
using Grpc.Health.V1;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace EdgeMesh.Introspection;

/// <summary>Health v1: this node's names from <see cref="NodeHealth"/>, all others from upstream.</summary>
/// <remarks>https://github.com/grpc/grpc/blob/master/doc/health-checking.md. Of an unknown name, Check says NOT_FOUND; Watch says SERVICE_UNKNOWN and goes on.</remarks>
public sealed class HealthGrpcService(NodeHealth health, UpstreamHealth upstream) : Grpc.Health.V1.Health.HealthBase
{
    /// <inheritdoc/>
    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        if (health.Get(request.Service) is { } status)
        {
            return Task.FromResult(new HealthCheckResponse { Status = status });
        }

        return upstream.Find(request.Service) is { } route
            ? UpstreamHealth.CheckAsync(route, request, context)
            : throw new RpcException(new Status(StatusCode.NotFound, $"service \"{Excerpt.Of(request.Service)}\" is not known here"));
    }

    /// <inheritdoc/>
    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        // A slot is taken for upstream watches too: each holds two streams open.
        using var watch = health.TryWatch(request.Service)
            ?? throw new RpcException(new Status(StatusCode.ResourceExhausted, $"{health.MaxWatchers} watches are open, which is the limit"));
        if (health.Get(request.Service) is null && upstream.Find(request.Service) is { } route)
        {
            await UpstreamHealth.WatchAsync(route, request, responseStream, context, health.Stopped).ConfigureAwait(false);
            return;
        }

        ServingStatus? last = null;
        await foreach (var status in watch.Statuses.ReadAllAsync(context.CancellationToken).ConfigureAwait(false))
        {
            if (status != last)
            {
                await responseStream.WriteAsync(new HealthCheckResponse { Status = status }, context.CancellationToken).ConfigureAwait(false);
            }

            last = status;
        }

        throw Stopping();
    }

    internal static RpcException Stopping() => new(new Status(StatusCode.Unavailable, "the node is stopping"));
}

using EdgeMesh.Admin.Access;
using EdgeMesh.Region.Topology;
using EdgeMesh.Relay.Coherence;
using EdgeMesh.Storage;
using EdgeMesh.V1;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Region.Log;

/// <summary>Serves <c>edgemesh.v1.InvalidationService</c>: purges, who has applied them, their history.</summary>
/// <remarks>Thread-safe; who may call is <see cref="AccessRules"/>'s to say.</remarks>
internal sealed class InvalidationGrpcService(RegionLog regionLog, TopologyState topology, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<InvalidationGrpcService> log)
    : InvalidationService.InvalidationServiceBase
{
    private const int DefaultPageSize = 100;
    private const int MaxPageSize = 1000;

    // A purge is through a small mesh in milliseconds; thousands of acknowledgements come as some dozen messages.
    private static readonly TimeSpan MinInterval = TimeSpan.FromMilliseconds(50);

    /// <inheritdoc/>
    public override async Task<InvalidateResponse> Invalidate(InvalidateRequest request, ServerCallContext context)
    {
        var violations = InvalidationRules.FindViolations(request.Invalidation);
        if (violations.Count > 0)
        {
            throw ArgumentFaults.ToRpcException(violations);
        }

        try
        {
            // Once its turn has come it is written, whether the caller is still there or not.
            var entry = await regionLog.AppendAsync(new LogEntry { Invalidation = request.Invalidation }, context.CancellationToken);
            log.Invalidated(entry.Sequence, context.Peer, Describe(request.Invalidation));
            return new InvalidateResponse { Position = entry.PositionOf() };
        }
        catch (ObjectStoreException fault)
        {
            throw FaultStatus.ToRpcException(fault);
        }
    }

    /// <inheritdoc/>
    public override async Task WatchInvalidation(WatchInvalidationRequest request, IServerStreamWriter<WatchInvalidationResponse> responseStream, ServerCallContext context)
    {
        if (FindViolation(request.Position) is { } violation)
        {
            throw ArgumentFaults.ToRpcException([new() { Field = "position", Description = violation }]);
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        try
        {
            WatchInvalidationResponse? told = null;
            while (true)
            {
                // Taken before the state is read: what changes in between is another turn.
                var acknowledged = topology.Acknowledged;
                var changed = topology.GetSnapshot().Changed;
                var response = new WatchInvalidationResponse();
                response.Nodes.AddRange(topology.ListNodes().Skip(1).Select(node => ProgressOf(node, request.Position)));
                if (!response.Equals(told))
                {
                    await responseStream.WriteAsync(told = response, stop.Token);
                }

                if (response.Nodes.All(node => node.Applied))
                {
                    return;
                }

                await Task.WhenAny(acknowledged, changed).WaitAsync(stop.Token);
                await Task.Delay(MinInterval, time, stop.Token);
            }
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The Region is stopping."));
        }
    }

    /// <inheritdoc/>
    public override Task<ListInvalidationsResponse> ListInvalidations(ListInvalidationsRequest request, ServerCallContext context)
    {
        if (request.PageSize is < 0 or > MaxPageSize)
        {
            throw ArgumentFaults.ToRpcException([new() { Field = "page_size", Description = $"must be 0 to {MaxPageSize}; is {request.PageSize}" }]);
        }

        try
        {
            var response = new ListInvalidationsResponse();
            var before = request.Before is 0 or > long.MaxValue ? long.MaxValue : request.Before;
            response.Entries.AddRange(regionLog.OfKind(LogEntry.ChangeOneofCase.Invalidation, before, request.PageSize == 0 ? DefaultPageSize : request.PageSize));
            return Task.FromResult(response);
        }
        catch (ObjectStoreException fault)
        {
            throw FaultStatus.ToRpcException(fault);
        }
    }

    private string? FindViolation(LogPosition? position)
    {
        try
        {
            return position is null ? "must be present" : regionLog.Has(position) ? null : $"must be one that Invalidate told, and that the log still has; its sequence is {position.Sequence}";
        }
        catch (ObjectStoreException fault)
        {
            throw FaultStatus.ToRpcException(fault);
        }
    }

    private static InvalidationProgress ProgressOf(NodeInfo node, LogPosition position) => new()
    {
        Name = node.Name,
        Kind = node.Kind,
        State = node.State,
        Applied = node.Applied is { } applied && applied.HasReached(position),
        Position = node.Applied,
    };

    /// <summary>What goes, for the log: requests may hold what users wrote, and are left out.</summary>
    private static string Describe(Invalidation invalidation)
    {
        const int MaxShown = 8;
        var shown = invalidation.Targets.Take(MaxShown).Select(target => target.TargetCase switch
        {
            InvalidationTarget.TargetOneofCase.Tag => $"tag {target.Tag}",
            InvalidationTarget.TargetOneofCase.Method => $"method {target.Method}",
            InvalidationTarget.TargetOneofCase.Request => $"a request of {target.Request.Method}",
            _ => "everything",
        });
        var more = invalidation.Targets.Count > MaxShown ? $" and {invalidation.Targets.Count - MaxShown} more" : "";
        return $"{(invalidation.Soft ? "soft, " : "")}{string.Join(", ", shown)}{more}";
    }
}

using EdgeMesh.Admin.Access;
using EdgeMesh.Region.Log;
using EdgeMesh.Region.Measurements;
using EdgeMesh.Region.Zones;
using EdgeMesh.Relay;
using EdgeMesh.Relay.Coherence;
using EdgeMesh.V1;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Region.Topology;

/// <summary>Serves <c>edgemesh.v1.TopologyService</c>: nodes join here and are told who else is there.</summary>
/// <remarks>Thread-safe; <see cref="TopologyState"/> holds all state. Who may call is <see cref="AccessRules"/>'s to say.</remarks>
internal sealed class TopologyGrpcService(
    TopologyState state,
    TopologyOptions options,
    RegionLog regionLog,
    ZoneGroups zoneGroups,
    MatrixState matrix,
    ClientsState clients,
    TimeProvider time,
    IHostApplicationLifetime lifetime,
    ILogger<TopologyGrpcService> log) : TopologyService.TopologyServiceBase
{
    /// <inheritdoc/>
    public override Task<ListNodesResponse> ListNodes(ListNodesRequest request, ServerCallContext context)
    {
        var response = new ListNodesResponse();
        response.Nodes.AddRange(state.ListNodes());
        return Task.FromResult(response);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// (1) Read hello, in bounded time. (2) Join. (3) Read reports and push the topology and the log, each in its own loop, until one of these ends the
    /// stream: the node closes or breaks it; the membership ends (silence, or the node's own later stream); the Region stops.
    /// (4) Stop both loops, then leave.
    /// </remarks>
    public override async Task Join(IAsyncStreamReader<JoinRequest> requestStream, IServerStreamWriter<JoinResponse> responseStream, ServerCallContext context)
    {
        // 1
        var identity = context.GetHttpContext().Features.Get<CallerIdentity>();
        var hello = await ReadHelloAsync(requestStream, context.CancellationToken);

        // 2
        var membership = Admit(hello, identity, context.Peer);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        var reading = ReadReportsAsync(requestStream, membership, stop.Token);
        var pushing = PushAsync(responseStream, identity, membership, hello, stop.Token);
        try
        {
            // 3
            var first = await Task.WhenAny(reading, pushing, membership.Ended);
            if (first == membership.Ended)
            {
                throw new RpcException(EndStatus(await membership.Ended));
            }

            await first;
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, $"Region {options.RegionName} is stopping."));
        }
        catch (Exception) when (context.CancellationToken.IsCancellationRequested)
        {
            // However a stream fails once its node is away: nobody is there to be told.
            throw new RpcException(new Status(StatusCode.Cancelled, "The node went away."));
        }
        finally
        {
            // 4
            await stop.CancelAsync();
            await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await pushing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            state.Leave(membership);
        }
    }

    private static Status EndStatus(MembershipEnd why) => why switch
    {
        MembershipEnd.Replaced => new Status(StatusCode.Aborted, "A later stream of this node replaced this one."),
        _ => new Status(StatusCode.DeadlineExceeded, "No report came for three heartbeat intervals."),
    };

    private static RpcException ProtocolFault(string detail) => new(new Status(StatusCode.FailedPrecondition, detail));

    private async Task<JoinRequest.Types.Hello> ReadHelloAsync(IAsyncStreamReader<JoinRequest> requests, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.HelloTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await requests.MoveNext(either.Token) && requests.Current.PartCase == JoinRequest.PartOneofCase.Hello
                ? requests.Current.Hello
                : throw ProtocolFault("The first message must be hello.");
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, $"No hello came within {options.HelloTimeout.TotalSeconds} seconds."));
        }
    }

    private Membership Admit(JoinRequest.Types.Hello hello, CallerIdentity? identity, string peer)
    {
        var sender = hello.Via.Count > 0 ? hello.Via[^1] : hello.Name;
        if (identity?.NodeName is { } named && identity.Role == Role.Edge && named != sender)
        {
            var message = $"The client certificate is that of {NodeNames.Quote(named)}, not of {NodeNames.Quote(sender)}.";
            log.JoinRefused(peer, message);
            throw new RpcException(new Status(StatusCode.PermissionDenied, message));
        }

        var violations = HelloRules.FindViolations(hello, options.RegionName);
        if (violations.Count > 0)
        {
            log.JoinRefused(peer, ArgumentFaults.Describe(violations));
            throw ArgumentFaults.ToRpcException(violations);
        }

        if (hello.Kind == NodeKind.LocalZone)
        {
            NoteGroup(TopologyState.ZoneGroupOf(hello), peer);
        }

        var outcome = state.Join(hello, out var membership);
        if (outcome == JoinOutcome.Joined)
        {
            return membership!;
        }

        var status = outcome == JoinOutcome.NameTaken
            ? new Status(StatusCode.AlreadyExists, $"Another live node is named {hello.Name}; this one is at {hello.Address}.")
            : new Status(StatusCode.ResourceExhausted, $"The mesh has {options.MaxNodes} nodes, which is its limit.");
        log.JoinRefused(peer, status.Detail);
        throw new RpcException(status);
    }

    private void NoteGroup(string group, string peer)
    {
        Status status;
        try
        {
            if (zoneGroups.Note(group))
            {
                return;
            }

            status = new Status(StatusCode.ResourceExhausted, $"The mesh has {ZoneGroups.MaxGroups} zone groups, which is its limit.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            status = new Status(StatusCode.Unavailable, $"Zone group {group} cannot be kept: {fault.Message}");
        }

        log.JoinRefused(peer, status.Detail);
        throw new RpcException(status);
    }

    private async Task ReadReportsAsync(IAsyncStreamReader<JoinRequest> requests, Membership membership, CancellationToken cancellationToken)
    {
        while (await requests.MoveNext(cancellationToken))
        {
            if (requests.Current.PartCase == JoinRequest.PartOneofCase.Applied)
            {
                // It can have applied no more than there is.
                if (regionLog.Head.HasReached(requests.Current.Applied))
                {
                    state.Acknowledge(membership, requests.Current.Applied);
                }

                continue;
            }

            if (requests.Current.PartCase != JoinRequest.PartOneofCase.Report)
            {
                throw ProtocolFault("Every message after the first must be a report, or what was applied.");
            }

            // What it learned of latency is kept elsewhere.
            var report = requests.Current.Report;
            var observations = report.Observations;
            report.Observations = null;
            state.Report(membership, report);
            if (observations is not null)
            {
                matrix.Take(membership.Name, observations);
                clients.Take(membership.Name, observations);
            }
        }
    }

    /// <summary>Tells the topology and what is new in the log, each when it changes; the log without waiting for the other.</summary>
    /// <remarks>
    /// Revoking a token is a change of the topology, so that its turn here ends the streams of its holders; those of certificates whose authority
    /// is gone end with it.
    /// </remarks>
    private async Task PushAsync(IServerStreamWriter<JoinResponse> responses, CallerIdentity? identity, Membership membership, JoinRequest.Types.Hello hello, CancellationToken cancellationToken)
    {
        // A tier tells those below it itself, once it has applied what it tells.
        var tellsLog = hello.Via.Count == 0;
        var position = hello.Applied;
        if (position is not null && await regionLog.KnowsAsync(position, membership.Name, cancellationToken))
        {
            state.Acknowledge(membership, position);
        }

        var topologyChanged = Task.CompletedTask;
        while (true)
        {
            // Taken before the log is read: what comes in between is another turn.
            var logged = regionLog.Feed.Changed;
            if (topologyChanged.IsCompleted)
            {
                var snapshot = state.GetSnapshot();
                if (identity is not null && !identity.IsInService())
                {
                    throw new RpcException(new Status(StatusCode.Unauthenticated, "The credential with which this node joined is no longer in service: its token was revoked, or --client-ca replaced."));
                }

                await responses.WriteAsync(snapshot.Message, cancellationToken);
                topologyChanged = NextAsync(snapshot, cancellationToken);
            }

            if (tellsLog && regionLog.Feed.ReadAfter(position) is { } update)
            {
                await responses.WriteAsync(new JoinResponse { Log = update }, cancellationToken);
                position = update.Reached();
            }
            else
            {
                await await Task.WhenAny(topologyChanged, logged.WaitAsync(cancellationToken));
            }
        }
    }

    private async Task NextAsync(TopologySnapshot snapshot, CancellationToken cancellationToken)
    {
        await Task.Delay(options.MinPushInterval, time, cancellationToken);
        await snapshot.Changed.WaitAsync(cancellationToken);
    }
}

using EdgeMesh.Admin.Access;
using EdgeMesh.Relay;
using EdgeMesh.Relay.Coherence;
using EdgeMesh.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace EdgeMesh.Downstream.ControlStream;

/// <summary>Lets nodes join whose upstream is this one: passes their control streams on to where this node joins, and tells them the log itself. Lists the mesh as this node was told it last.</summary>
/// <remarks>
/// <code>
/// leaf -- hello, reports, applied ------------------------> this node, adds itself to via --> ... --> Region: counts each node for itself
///      &lt;-- topologies --------------------------------------                            &lt;------------
///      &lt;-- log: what this node has applied, from its own feed
/// </code>
/// So a node applies an entry before those below it do, and none of them can be answered, once it has applied a purge, from a store above it that has
/// not. What each has applied goes up to the Region by its own stream. A stream ends with the one above it, and with this node. Stateless; thread-safe.
/// </remarks>
internal sealed class TierGrpcService(TierOptions options, LogFeed feed, TimeProvider time, IHostApplicationLifetime lifetime) : TopologyService.TopologyServiceBase
{
    /// <inheritdoc/>
    /// <remarks>
    /// (1) Read hello, in bounded time; refuse one that has passed here before. (2) Join for it. (3) Pass on what comes from either side, and tell the log,
    /// each in its own loop, until one of these ends the stream: the node closes or breaks it; the stream above ends; this node stops. (4) Stop all.
    /// </remarks>
    public override async Task Join(IAsyncStreamReader<JoinRequest> requestStream, IServerStreamWriter<JoinResponse> responseStream, ServerCallContext context)
    {
        // 1
        var hello = await ReadHelloAsync(requestStream, context.CancellationToken);
        Admit(hello, context.GetHttpContext().Features.Get<CallerIdentity>());
        var applied = hello.Applied;
        hello.Applied = null;
        hello.Via.Add(options.Name);

        // 2
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        using var call = options.Upstream.Join(CredentialsOf(context.GetHttpContext()), cancellationToken: stop.Token);
        using var turn = new SemaphoreSlim(1);
        var up = PassUpAsync(hello, applied, requestStream, call.RequestStream, stop.Token);
        var down = PassDownAsync(call.ResponseStream, responseStream, turn, stop.Token);
        var telling = TellLogAsync(applied, responseStream, turn, stop.Token);
        try
        {
            // 3
            var first = await Task.WhenAny(up, down, telling);
            if (first == up && up.IsCompletedSuccessfully)
            {
                // It takes its leave: the Region ends the stream when it has taken note.
                first = await Task.WhenAny(down, telling);
            }
            else if (first == up)
            {
                // A stream that takes no more has ended: how, only its answers tell.
                first = await Task.WhenAny(down, Task.Delay(TimeSpan.FromSeconds(1), time, stop.Token));
            }

            await first;
        }
        catch (RpcException fault) when (!stop.IsCancellationRequested)
        {
            throw new RpcException(fault.Status, fault.Trailers);
        }
        catch (Exception) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, $"The {options.Description} is stopping."));
        }
        catch (Exception) when (context.CancellationToken.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "The node went away."));
        }
        finally
        {
            // 4
            await stop.CancelAsync();
            foreach (var task in (Task[])[up, down, telling])
            {
                await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <inheritdoc/>
    public override Task<ListNodesResponse> ListNodes(ListNodesRequest request, ServerCallContext context)
    {
        var nodes = options.Nodes() ?? throw new RpcException(new Status(StatusCode.Unavailable, $"The {options.Description} has not joined its Region yet: it does not know who is in the mesh."));
        var response = new ListNodesResponse();
        response.Nodes.AddRange(nodes);
        return Task.FromResult(response);
    }

    private async Task<JoinRequest.Types.Hello> ReadHelloAsync(IAsyncStreamReader<JoinRequest> requests, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.HelloTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await requests.MoveNext(either.Token) && requests.Current.PartCase == JoinRequest.PartOneofCase.Hello
                ? requests.Current.Hello
                : throw new RpcException(new Status(StatusCode.FailedPrecondition, "The first message must be hello."));
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, $"No hello came within {options.HelloTimeout.TotalSeconds} seconds."));
        }
    }

    /// <summary>Refuses a stream that comes round, and one of another node than its certificate names. What else a hello must be is the Region's to say.</summary>
    private void Admit(JoinRequest.Types.Hello hello, CallerIdentity? identity)
    {
        if (hello.Name == options.Name || hello.Via.Contains(options.Name))
        {
            throw new RpcException(new Status(StatusCode.FailedPrecondition, $"The upstream of {NodeNames.Quote(hello.Name)} leads back to {options.Description}."));
        }

        var sender = hello.Via.Count > 0 ? hello.Via[^1] : hello.Name;
        if (identity?.NodeName is { } named && identity.Role == Role.Edge && named != sender)
        {
            throw new RpcException(new Status(StatusCode.PermissionDenied, $"The client certificate is that of {NodeNames.Quote(named)}, not of {NodeNames.Quote(sender)}."));
        }
    }

    private Metadata CredentialsOf(HttpContext context) =>
        context.Request.Headers.Authorization is [{ } own] ? new Metadata { { "authorization", own } } : options.Credentials();

    private async Task PassUpAsync(JoinRequest.Types.Hello hello, LogPosition? applied, IAsyncStreamReader<JoinRequest> requests, IClientStreamWriter<JoinRequest> up, CancellationToken cancellationToken)
    {
        await up.WriteAsync(new JoinRequest { Hello = hello }, cancellationToken);
        if (applied is not null && feed.Has(applied))
        {
            await up.WriteAsync(new JoinRequest { Applied = applied }, cancellationToken);
        }

        while (await requests.MoveNext(cancellationToken))
        {
            await up.WriteAsync(requests.Current, cancellationToken);
        }

        await up.CompleteAsync();
    }

    private static async Task PassDownAsync(IAsyncStreamReader<JoinResponse> responses, IServerStreamWriter<JoinResponse> down, SemaphoreSlim turn, CancellationToken cancellationToken)
    {
        while (await responses.MoveNext(cancellationToken))
        {
            await WriteAsync(down, responses.Current, turn, cancellationToken);
        }
    }

    private async Task TellLogAsync(LogPosition? position, IServerStreamWriter<JoinResponse> down, SemaphoreSlim turn, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Taken before the log is read: what comes in between is another turn.
            var logged = feed.Changed;
            if (feed.ReadAfter(position) is { } update)
            {
                await WriteAsync(down, new JoinResponse { Log = update }, turn, cancellationToken);
                position = update.Reached();
            }
            else
            {
                await logged.WaitAsync(cancellationToken);
            }
        }
    }

    private static async Task WriteAsync(IServerStreamWriter<JoinResponse> down, JoinResponse message, SemaphoreSlim turn, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            await down.WriteAsync(message, cancellationToken);
        }
        finally
        {
            turn.Release();
        }
    }
}

using EdgeMesh.Client.Calls;
using EdgeMesh.Client.Mesh;
using EdgeMesh.Latency.Search;
using EdgeMesh.Latency.Topology;
using EdgeMesh.V1;

namespace EdgeMesh.Client.Nodes;

/// <summary>Probes nodes over the connections that carry their calls, for the search and for as long as the client lives.</summary>
/// <remarks>Thread-safe. A connection's first probe makes it and is no measurement: another follows at once.</remarks>
internal sealed class NodeProber(NodePool pool, EdgeMeshClientOptions options, MeshWatcher watcher) : INodeProber
{
    // A TCP and a TLS handshake and the first answer, by the same measure; and the first measurement, of a node that may be as far as that.
    private const int HandshakeFactor = 4;

    // What a far node's answers may take beside the limit, in round trips: queues on the way.
    private const int RoundTrips = 3;

    private static readonly ProbeRequest Request = new();

    /// <inheritdoc/>
    public async ValueTask<TimeSpan?> ProbeAsync(LatencyNode node, CancellationToken cancellationToken)
    {
        if (pool.Find(node.Name) is not { } state || !await ProbeAsync(state, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        return state.RoundTrip;
    }

    /// <summary>Probes a node and notes what came of it: answers return it to service, misses end that.</summary>
    /// <returns>Whether it answered.</returns>
    public async Task<bool> ProbeAsync(NodeState node, CancellationToken cancellationToken)
    {
        var isCold = node.IsCold;
        if (!await ExchangeAsync(node, isCold, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        return !isCold || await ExchangeAsync(node, isCold: false, cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> ExchangeAsync(NodeState node, bool isCold, CancellationToken cancellationToken)
    {
        var time = options.TimeProvider;
        var timeout = !isCold && node.RoundTrip is { } roundTrip ? options.ProbeTimeout + (roundTrip * RoundTrips) : options.ProbeTimeout * HandshakeFactor;
        using var limit = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var start = time.GetTimestamp();
        node.NoteProbe();
        string fault;
        try
        {
            var answer = await NodeRpc.CallAsync(node.Invoker, node.ProbeTarget, Request, ProbeResponse.Parser, either.Token).ConfigureAwait(false);
            if (answer.Node == node.Name && (answer.Region.Length == 0 || watcher.Current is not { } known || answer.Region == known.Region))
            {
                node.Answer(isCold ? null : time.GetElapsedTime(start), answer);
                pool.Return(node);
                return true;
            }

            fault = $"another node answers there: {answer.Node} of Region {answer.Region}";
        }
        catch (NodeRpcException refused)
        {
            fault = refused.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            fault = $"no answer to a probe within {timeout.TotalMilliseconds:0} ms";
        }

        if (node.Miss(fault))
        {
            pool.Eject(node);
        }

        return false;
    }
}

using EdgeMesh.Introspection;

namespace EdgeMesh.Admin.Drain;

/// <summary>Takes a node out of service, once: on request, or because its process ends.</summary>
/// <remarks>
/// (1) Health says NOT_SERVING, readiness 503, the topology draining. (2) The data listener closes: a new connection is refused, so that
/// clients go to the next address. Open ones get GOAWAY: a call beyond its last stream was not processed, and every gRPC client may send
/// it elsewhere. (3) Running calls finish; those that take longer than the limit are cut. (4) The node leaves the topology. The admin
/// listener stays until the process ends. There is no way back: a drained node is started anew. Thread-safe.
/// </remarks>
/// <param name="health">The node's.</param>
/// <param name="stop">Stops the server of the node's data: steps 2 to 4. The token cuts running calls.</param>
public sealed class NodeDrain(NodeHealth health, Func<CancellationToken, Task> stop)
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _cut = new();
    private Task? _drained;

    /// <summary>Begins, unless it has begun.</summary>
    /// <returns>Completes when no call is running any more and the node has left.</returns>
    public Task Begin()
    {
        lock (_lock)
        {
            if (_drained is null)
            {
                health.Drain();

                // Not on the caller's thread: its own call, or its lock, must not hold up the end.
                _drained = Task.Run(() => stop(_cut.Token));
            }

            return _drained;
        }
    }

    /// <summary>Begins, and waits for the end.</summary>
    /// <param name="cut">Cuts the calls that still run.</param>
    public async Task RunAsync(CancellationToken cut)
    {
        await using var registration = cut.Register(_cut.Cancel);
        await Begin().ConfigureAwait(false);
    }
}

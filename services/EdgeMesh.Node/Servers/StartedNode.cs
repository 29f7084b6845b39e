using EdgeMesh.Node.Configuration;

namespace EdgeMesh.Node.Servers;

/// <summary>A node that runs in this process, whatever its kind.</summary>
/// <param name="Address">Where it listens, with the port that the system gave when 0 was asked for.</param>
/// <param name="AdminAddress">Where it is administered, likewise.</param>
/// <param name="SetShutdownTimeout">Changes how long running calls may go on after a stop is asked for.</param>
/// <param name="StopAsync">Takes no new calls and waits for running ones until the token is signalled.</param>
/// <param name="Failure">Completes with what was thrown if the node cannot go on.</param>
/// <param name="Node">Disposed after the stop.</param>
internal sealed record StartedNode(Uri Address, Uri AdminAddress, Action<TimeSpan> SetShutdownTimeout, Func<CancellationToken, Task> StopAsync, Task<Exception> Failure, IAsyncDisposable Node)
{
    /// <summary>Which of its own options it can follow while it runs.</summary>
    public IReadOnlyList<LiveOption> Live { get; init; } = [];
}

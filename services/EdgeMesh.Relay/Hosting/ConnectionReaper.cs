using Microsoft.AspNetCore.Connections;

namespace EdgeMesh.Relay.Hosting;

/// <summary>Lets go of connections that the web server would keep for ever.</summary>
/// <remarks>
/// A peer that resets streams faster than Kestrel clears their output overflows a queue of the connection, and Kestrel ends that
/// connection; the call whose output did not fit is never told, and the connection waits for it. Seen under the attacks of
/// EdgeMesh.Scenarios once in some hundred overflows: the connection stays counted, and a shutdown waits for it, until the
/// collector finds it. So whoever serves a connection has <see cref="Grace"/> after its socket closed.
/// <para>Thread-safe; holds no state.</para>
/// </remarks>
/// <param name="time">Measures the grace.</param>
internal sealed class ConnectionReaper(TimeProvider time)
{
    /// <summary>How long calls may go on after their connection is gone: they have been cancelled, and have their own work to put away.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    /// <summary>Serves a connection to its end, or until <see cref="Grace"/> after its socket closed.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="serve">Serves it.</param>
    public async Task ServeAsync(ConnectionContext connection, ConnectionDelegate serve)
    {
        var serving = serve(connection);
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (connection.ConnectionClosed.UnsafeRegister(static closed => ((TaskCompletionSource)closed!).TrySetResult(), closed))
        {
            await Task.WhenAny(serving, closed.Task).ConfigureAwait(false);
        }

        try
        {
            await serving.WaitAsync(Grace, time).ConfigureAwait(false);
        }
        catch (TimeoutException) when (!serving.IsCompleted)
        {
            // Nobody waits for it now: whatever it still ends with is of no use to anyone.
        }
    }
}

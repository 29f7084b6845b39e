using Microsoft.Extensions.Hosting;

namespace EdgeMesh.Introspection;

/// <summary>Asks origins for their descriptors from the start on, and ends watches when the process stops.</summary>
internal sealed class IntrospectionUpkeep(
    ReflectionIndex index,
    MethodShapes shapes,
    DescribedMethods methods,
    NodeHealth health,
    NodeIntrospectionOptions options,
    IHostApplicationLifetime lifetime,
    TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Open watches would hold up the server's own graceful end, which follows this signal.
        using var stopping = lifetime.ApplicationStopping.Register(health.Stop);

        // As often as a failure stands: a source that answered keeps what it said for its own interval, and asking it costs nothing.
        using var timer = new PeriodicTimer(options.Timing.RetryInterval, time);
        try
        {
            do
            {
                await index.RefreshAsync(stoppingToken).ConfigureAwait(false);
                shapes.Update();
                methods.Update();
            }
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops.
        }
    }
}

using System.Globalization;
using EdgeMesh.Client;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Sidecar;

/// <summary>Logs where calls go, and what becomes of nodes: a line a change.</summary>
internal sealed class RouteWatch(Func<IReadOnlyList<NodeStatus>> read, TimeProvider time, ILogger<RouteWatch> log) : BackgroundService
{
    // What was over within it was not worth a line.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private IReadOnlyDictionary<string, NodeStatus> _before = new Dictionary<string, NodeStatus>();
    private string? _home;

    /// <summary>Looks once.</summary>
    internal void Look()
    {
        var nodes = read();
        foreach (var node in nodes)
        {
            var before = _before.GetValueOrDefault(node.Name);
            switch (node.IsEjected, before?.IsEjected ?? false)
            {
                case (true, false):
                    log.Ejected(node.Name, node.Fault ?? "its calls failed");
                    break;
                case (false, true):
                    log.Returned(node.Name);
                    break;
            }

            if (node.IsDraining && before is not { IsDraining: true })
            {
                log.Draining(node.Name);
            }
        }

        foreach (var gone in _before.Keys.Except(nodes.Select(node => node.Name)))
        {
            log.Left(gone);
        }

        // A first measurement is worth the wait: until then any node may be the nearest.
        if (nodes.FirstOrDefault(node => node.IsHome) is { RoundTrip: { } roundTrip } home && home.Name != _home)
        {
            _home = home.Name;
            log.HomeMoved(home.Name, home.Address, string.Create(CultureInfo.InvariantCulture, $"{roundTrip.TotalMilliseconds:0.##} ms"), nodes.Count);
        }

        _before = nodes.ToDictionary(node => node.Name, StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                Look();
            }
        }
        catch (OperationCanceledException)
        {
            // The sidecar stops.
        }
    }
}

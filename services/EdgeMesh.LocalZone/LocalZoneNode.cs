using EdgeMesh.Admin.Configuration;
using EdgeMesh.Downstream;
using EdgeMesh.Relay.Hosting;
using EdgeMesh.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EdgeMesh.LocalZone;

/// <summary>A running Local Zone: answers calls to the services placed in it, and passes all others on to its parent Region.</summary>
public sealed class LocalZoneNode : DownstreamNode
{
    private readonly LocalZoneParts _parts;

    private LocalZoneNode(RunningNode running, LocalZoneParts parts)
        : base(running) => _parts = parts;

    /// <inheritdoc cref="StartAsync(LocalZoneOptions, Action{ILoggingBuilder}, NodeConfiguration, CancellationToken)"/>
    public static Task<LocalZoneNode> StartAsync(LocalZoneOptions options, Action<ILoggingBuilder> logging, CancellationToken cancellationToken) =>
        StartAsync(options, logging, NodeConfiguration.Fixed, cancellationToken);

    /// <summary>Starts a Local Zone.</summary>
    /// <param name="options">What it is told.</param>
    /// <param name="logging">Where logs go.</param>
    /// <param name="configuration">The configuration of the process, for the node's administrators.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OptionsValidationException">Options are wrong; one line a fault.</exception>
    /// <exception cref="DataDirectoryException">The data directory cannot be used.</exception>
    /// <exception cref="ListenException">An address cannot be listened on.</exception>
    public static async Task<LocalZoneNode> StartAsync(LocalZoneOptions options, Action<ILoggingBuilder> logging, NodeConfiguration configuration, CancellationToken cancellationToken)
    {
        options.Validate();
        var parts = new LocalZoneParts(options, logging);
        try
        {
            return new(await RunAsync(options, parts, logging, configuration, cancellationToken).ConfigureAwait(false), parts);
        }
        catch
        {
            await parts.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync().ConfigureAwait(false);
        await _parts.DisposeAsync().ConfigureAwait(false);
    }
}

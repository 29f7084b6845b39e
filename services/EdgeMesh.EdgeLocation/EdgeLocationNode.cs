using EdgeMesh.Admin.Configuration;
using EdgeMesh.Downstream;
using EdgeMesh.Relay.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EdgeMesh.EdgeLocation;

/// <summary>A running edge location: relays everything to its Region, and answers what it has in its cache.</summary>
public sealed class EdgeLocationNode : DownstreamNode
{
    private EdgeLocationNode(RunningNode running)
        : base(running)
    {
    }

    /// <inheritdoc cref="StartAsync(EdgeLocationOptions, Action{ILoggingBuilder}, NodeConfiguration, CancellationToken)"/>
    public static Task<EdgeLocationNode> StartAsync(EdgeLocationOptions options, Action<ILoggingBuilder> logging, CancellationToken cancellationToken) =>
        StartAsync(options, logging, NodeConfiguration.Fixed, cancellationToken);

    /// <summary>Starts an edge location.</summary>
    /// <param name="options">What it is told.</param>
    /// <param name="logging">Where logs go.</param>
    /// <param name="configuration">The configuration of the process, for the node's administrators.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OptionsValidationException">Options are wrong; one line a fault.</exception>
    /// <exception cref="ListenException">An address cannot be listened on.</exception>
    public static async Task<EdgeLocationNode> StartAsync(EdgeLocationOptions options, Action<ILoggingBuilder> logging, NodeConfiguration configuration, CancellationToken cancellationToken) =>
        new(await RunAsync(options, new DownstreamParts(), logging, configuration, cancellationToken).ConfigureAwait(false));
}

using Microsoft.Extensions.Logging;

namespace EdgeMesh.Region.Topology;

/// <remarks>Event ids 2100 to 2199.</remarks>
internal static partial class TopologyLog
{
    [LoggerMessage(2100, LogLevel.Information, "Node {Node} joined{Again} from {Address}")]
    internal static partial void NodeJoined(this ILogger log, string node, string address, string again);

    [LoggerMessage(2101, LogLevel.Information, "Node {Node} left")]
    internal static partial void NodeLeft(this ILogger log, string node);

    [LoggerMessage(2102, LogLevel.Warning, "Node {Node} is lost: {Why}")]
    internal static partial void NodeLost(this ILogger log, string node, string why);

    [LoggerMessage(2103, LogLevel.Information, "Node {Node} is {State}")]
    internal static partial void NodeStateChanged(this ILogger log, string node, string state);

    [LoggerMessage(2104, LogLevel.Warning, "A node from {Peer} may not join: {Why}")]
    internal static partial void JoinRefused(this ILogger log, string peer, string why);

    [LoggerMessage(2105, LogLevel.Warning, "Of {Known} methods only the first {Told} fit the topology: edges treat the others as of unknown shape")]
    internal static partial void MethodsCut(this ILogger log, int known, int told);

    [LoggerMessage(2106, LogLevel.Information, "Local Zone {Node} has placed: {Services}")]
    internal static partial void ServicesPlaced(this ILogger log, string node, string services);
}

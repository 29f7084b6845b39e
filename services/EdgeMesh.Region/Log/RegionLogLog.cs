using Microsoft.Extensions.Logging;

namespace EdgeMesh.Region.Log;

/// <remarks>Event ids 2300 to 2399.</remarks>
internal static partial class RegionLogLog
{
    [LoggerMessage(2300, LogLevel.Warning, "Node {Node} has applied entry {Sequence} of the log, which is not in this log: the data directory was set back. All nodes drop what they have cached, from entry {Epoch} on")]
    internal static partial void SetBack(this ILogger log, string node, ulong sequence, ulong epoch);

    [LoggerMessage(2301, LogLevel.Information, "Invalidation {Sequence} from {Peer}: {What}")]
    internal static partial void Invalidated(this ILogger log, ulong sequence, string peer, string what);
}

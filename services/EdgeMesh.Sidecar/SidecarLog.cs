using Microsoft.Extensions.Logging;

namespace EdgeMesh.Sidecar;

/// <remarks>Event ids 3200 to 3299, once per change of state.</remarks>
internal static partial class SidecarLog
{
    [LoggerMessage(3200, LogLevel.Information, "Calls go to {Node} at {Address}, {RoundTrip} away; {Count} nodes are known")]
    internal static partial void HomeMoved(this ILogger log, string node, Uri address, string roundTrip, int count);

    [LoggerMessage(3201, LogLevel.Warning, "{Node} gets no calls: {Fault}")]
    internal static partial void Ejected(this ILogger log, string node, string fault);

    [LoggerMessage(3202, LogLevel.Information, "{Node} gets calls again")]
    internal static partial void Returned(this ILogger log, string node);

    [LoggerMessage(3203, LogLevel.Information, "{Node} drains: it gets no new calls")]
    internal static partial void Draining(this ILogger log, string node);

    [LoggerMessage(3204, LogLevel.Information, "{Node} is no longer in the mesh, or far behind others")]
    internal static partial void Left(this ILogger log, string node);
}

using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Downstream.ControlStream;

/// <remarks>Event ids 3100 to 3199. All but <see cref="NextAttempt"/> once per change of state.</remarks>
internal static partial class RegionLinkLog
{
    [LoggerMessage(3100, LogLevel.Information, "Joined Region {Region} at {Uri}: {Nodes} nodes, {Methods} methods known")]
    internal static partial void Joined(this ILogger log, string region, Uri uri, int nodes, int methods);

    [LoggerMessage(3101, LogLevel.Warning, "The Region at {Uri} is away ({Status}: {Detail}). This node serves what it has and keeps trying")]
    internal static partial void Away(this ILogger log, Uri uri, StatusCode status, string detail);

    [LoggerMessage(3102, LogLevel.Error, "The Region at {Uri} refuses this node ({Status}: {Detail}). This node serves what it has and keeps trying")]
    internal static partial void Refused(this ILogger log, Uri uri, StatusCode status, string detail);

    [LoggerMessage(3103, LogLevel.Debug, "Next attempt to join in {Wait}")]
    internal static partial void NextAttempt(this ILogger log, TimeSpan wait);

    [LoggerMessage(3104, LogLevel.Error, "A listener to the topology failed at version {Version}")]
    internal static partial void ListenerFailed(this ILogger log, ulong version, Exception exception);

    [LoggerMessage(3105, LogLevel.Information, "Left Region {Region}")]
    internal static partial void Left(this ILogger log, string region);
}

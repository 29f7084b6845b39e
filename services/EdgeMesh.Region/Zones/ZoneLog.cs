using Microsoft.Extensions.Logging;

namespace EdgeMesh.Region.Zones;

/// <remarks>Event ids 2500 to 2599.</remarks>
internal static partial class ZoneLog
{
    [LoggerMessage(2500, LogLevel.Information, "Zone group {Group} is {State}")]
    internal static partial void GroupSet(this ILogger log, string group, string state);

    [LoggerMessage(2501, LogLevel.Error, "Zone group {Group} could not be kept: nothing has changed")]
    internal static partial void GroupNotKept(this ILogger log, string group, Exception fault);
}

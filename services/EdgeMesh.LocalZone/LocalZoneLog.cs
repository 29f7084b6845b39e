using Microsoft.Extensions.Logging;

namespace EdgeMesh.LocalZone;

/// <remarks>Event ids 5100 to 5199, once per change of state.</remarks>
internal static partial class LocalZoneLog
{
    [LoggerMessage(5100, LogLevel.Information, "Zone group {Group} is {State}")]
    internal static partial void GroupIs(this ILogger log, string group, string state);

    [LoggerMessage(5101, LogLevel.Error, "{Path} could not be written ({Reason}): after a restart without its Region this zone goes by what was kept before")]
    internal static partial void NotKept(this ILogger log, string path, string reason);
}

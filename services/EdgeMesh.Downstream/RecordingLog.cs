using Microsoft.Extensions.Logging;

namespace EdgeMesh.Downstream;

/// <remarks>Event ids 3200 to 3299.</remarks>
internal static partial class RecordingLog
{
    [LoggerMessage(3200, LogLevel.Warning, "{Dropped} requests are not in the recorded trace: {Reason}")]
    internal static partial void RequestsDropped(this ILogger log, long dropped, string reason);
}

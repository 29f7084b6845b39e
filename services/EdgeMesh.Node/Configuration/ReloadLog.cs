using EdgeMesh.V1;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Node.Configuration;

/// <summary>What a node says of reloads.</summary>
internal static partial class ReloadLog
{
    /// <summary>Writes what came of one.</summary>
    public static void Write(ILogger logger, ReloadResponse result)
    {
        foreach (var fault in result.Faults)
        {
            logger.Refused(fault);
        }

        if (result.NeedsRestart.Count > 0)
        {
            logger.NeedsRestart(string.Join(", ", result.NeedsRestart));
        }

        if (result.Applied.Count > 0 || result.Faults.Count == 0)
        {
            logger.Applied(result.Applied.Count == 0 ? "nothing" : string.Join(", ", result.Applied));
        }
    }

    [LoggerMessage(EventId = 8001, Level = LogLevel.Information, Message = "Configuration reloaded; changed: {Paths}")]
    private static partial void Applied(this ILogger logger, string paths);

    [LoggerMessage(EventId = 8002, Level = LogLevel.Warning, Message = "Changed, but needs a restart: {Paths}")]
    private static partial void NeedsRestart(this ILogger logger, string paths);

    [LoggerMessage(EventId = 8003, Level = LogLevel.Error, Message = "Configuration not reloaded: {Fault}")]
    private static partial void Refused(this ILogger logger, string fault);
}

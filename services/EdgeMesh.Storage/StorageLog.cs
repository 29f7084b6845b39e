using Microsoft.Extensions.Logging;

namespace EdgeMesh.Storage;

/// <summary>Log events of the object store: 3000 to 3099.</summary>
internal static partial class StorageLog
{
    [LoggerMessage(3000, LogLevel.Information, "Object store open in {Directory}")]
    internal static partial void Opened(ILogger logger, string directory);

    [LoggerMessage(3001, LogLevel.Information, "Removed what an earlier process left: {Unfinished} unfinished and {Unreferred} unreferred bodies")]
    internal static partial void Swept(ILogger logger, int unfinished, int unreferred);

    [LoggerMessage(3002, LogLevel.Error, "{Missing} bodies are missing: reads of their objects answer DATA_LOSS")]
    internal static partial void BodiesMissing(ILogger logger, int missing);

    [LoggerMessage(3003, LogLevel.Error, "Body {Body} is damaged")]
    internal static partial void BodyDamaged(ILogger logger, string body, Exception cause);

    [LoggerMessage(3004, LogLevel.Warning, "Body {Body} could not be removed; the next start will")]
    internal static partial void BodyNotRemoved(ILogger logger, string body, Exception cause);

    [LoggerMessage(3005, LogLevel.Error, "A metadata transaction of {Operations} operations failed and was rolled back")]
    internal static partial void TransactionFailed(ILogger logger, int operations, Exception cause);

    [LoggerMessage(3006, LogLevel.Critical, "The commit of {Operations} operations failed; whether they happened shows after a restart")]
    internal static partial void CommitFailed(ILogger logger, int operations, Exception cause);

    [LoggerMessage(3007, LogLevel.Critical, "A failed transaction could not be rolled back; nothing is written until a restart")]
    internal static partial void RollbackFailed(ILogger logger, Exception cause);
}

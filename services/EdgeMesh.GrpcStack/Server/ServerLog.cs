using Microsoft.Extensions.Logging;

namespace EdgeMesh.GrpcStack.Server;

/// <summary>Log events of the server: 1100 to 1149.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(1100, LogLevel.Error, "Error when executing service method '{Method}'.")]
    public static partial void HandlerFailed(ILogger logger, Exception exception, string method);

    [LoggerMessage(1101, LogLevel.Debug, "Service method '{Method}' ended with {StatusCode}: {Detail}")]
    public static partial void CallRefused(ILogger logger, Exception exception, string method, Grpc.Core.StatusCode statusCode, string detail);

    [LoggerMessage(1102, LogLevel.Debug, "Service method '{Method}' failed after its call had ended.")]
    public static partial void HandlerFailedLate(ILogger logger, Exception exception, string method);

    [LoggerMessage(1103, LogLevel.Debug, "The deadline of a call of '{Method}' passed.")]
    public static partial void DeadlineExceeded(ILogger logger, string method);

    [LoggerMessage(1104, LogLevel.Error, "Error when ending a call of '{Method}' at its deadline.")]
    public static partial void DeadlineFailed(ILogger logger, Exception exception, string method);

    [LoggerMessage(1105, LogLevel.Warning, "Trailer '{Name}' of '{Method}' has a character that cannot be sent, and is left out.")]
    public static partial void TrailerUnsendable(ILogger logger, string name, string method);

    [LoggerMessage(1106, LogLevel.Warning, "A handler of '{Method}' asked for the unknown coding '{Coding}': the answer is not compressed.")]
    public static partial void CodingUnknown(ILogger logger, string coding, string method);

    [LoggerMessage(1107, LogLevel.Debug, "Not a gRPC request: {Reason}")]
    public static partial void RequestRefused(ILogger logger, string reason);

    [LoggerMessage(1108, LogLevel.Debug, "'{Path}' is not implemented.")]
    public static partial void Unimplemented(ILogger logger, string path);
}

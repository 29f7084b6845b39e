using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.GrpcStack.Client;

/// <summary>What channels log. Event ids 1100 to 1199.</summary>
internal static partial class ClientLog
{
    [LoggerMessage(1100, LogLevel.Debug, "Call {Method} ended with {StatusCode} by a fault of the transport or of a message.")]
    public static partial void CallFaulted(ILogger logger, string method, StatusCode statusCode, Exception fault);
}

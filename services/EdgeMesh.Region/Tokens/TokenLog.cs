using Microsoft.Extensions.Logging;

namespace EdgeMesh.Region.Tokens;

/// <remarks>Event ids 2200 to 2299. Ids are public; secrets are never logged.</remarks>
internal static partial class TokenLog
{
    [LoggerMessage(2200, LogLevel.Information, "Token {Id} was made, with the role {Role}")]
    internal static partial void TokenCreated(this ILogger log, string id, string role);

    [LoggerMessage(2201, LogLevel.Information, "Token {Id}, with the role {Role}, was revoked")]
    internal static partial void TokenRevoked(this ILogger log, string id, string role);

    [LoggerMessage(2202, LogLevel.Information, "The token of {Path} is {Id} now")]
    internal static partial void FileTokenChanged(this ILogger log, string path, string id);

    [LoggerMessage(2203, LogLevel.Error, "{Path} cannot be read or holds no token: the one from before stays in service")]
    internal static partial void FileTokenUnreadable(this ILogger log, string path);
}

using Microsoft.Extensions.Logging;

namespace EdgeMesh.Region.Policies;

/// <remarks>Event ids 2400 to 2499.</remarks>
internal static partial class PolicyLog
{
    [LoggerMessage(2400, LogLevel.Information, "Policy {Version} applied by {Peer}: {Rules} rules")]
    internal static partial void PolicyApplied(this ILogger log, ulong version, string peer, int rules);

    [LoggerMessage(2401, LogLevel.Information, "Policy {Version} resolved again, since descriptors have changed: {Rules} rules for nodes")]
    internal static partial void PolicyResolvedAgain(this ILogger log, ulong version, int rules);

    [LoggerMessage(2402, LogLevel.Warning, "The policy could not be resolved again: {Failure}")]
    internal static partial void PolicyNotResolved(this ILogger log, string failure);
}

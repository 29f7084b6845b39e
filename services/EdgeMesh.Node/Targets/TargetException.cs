using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Values;
using Grpc.Core;

namespace EdgeMesh.Node.Targets;

/// <summary>A call that did not succeed, in words for the person who made it.</summary>
internal sealed class TargetException : CliException
{
    /// <summary>Explains a failed call.</summary>
    /// <param name="target">The node that was called.</param>
    /// <param name="timeout">How long the answer was waited for; null: as long as the caller said.</param>
    /// <param name="cause">How it failed.</param>
    public TargetException(Uri target, TimeSpan? timeout, RpcException cause)
        : base(Explain(target, timeout, cause), ExitCodes.Failed, cause)
    {
        Status = cause.StatusCode;
    }

    /// <summary>The call's status.</summary>
    public StatusCode Status { get; }

    private static string Explain(Uri target, TimeSpan? timeout, RpcException cause)
    {
        var address = TargetAddress.Show(target);
        var detail = FailureMessage.OneLine(cause.Status.Detail);
        return cause.StatusCode switch
        {
            // Only a failure that this side saw has a local cause; a node that relays UNAVAILABLE explains itself.
            StatusCode.Unavailable or StatusCode.Internal when cause.Status.DebugException is { } seen => ExplainConnection(address, seen),
            StatusCode.DeadlineExceeded => timeout is { } wait ? $"no answer from {address} within {new Duration(wait)}." : $"no answer from {address} before the deadline.",
            StatusCode.Unimplemented => $"{address} does not serve this: {detail} (UNIMPLEMENTED).",
            _ => $"{address} answered {StatusNames.Of(cause.StatusCode)}: {detail}",
        };
    }

    private static string ExplainConnection(string address, Exception seen)
    {
        HttpRequestError? error = null;
        var reason = "";
        for (Exception? exception = seen; exception is not null; exception = exception.InnerException)
        {
            error ??= (exception as HttpRequestException)?.HttpRequestError;
            reason = FailureMessage.OneLine(exception.Message).TrimEnd('.');
        }

        return error switch
        {
            null => $"the connection to {address} broke: {reason}.",
            HttpRequestError.SecureConnectionError => $"no TLS connection to {address}: {reason}. --ca names whom to trust.",
            HttpRequestError.HttpProtocolError or HttpRequestError.InvalidResponse => $"{address} does not speak gRPC: {reason}. Cleartext is http://, TLS https://.",
            _ => $"cannot reach {address}: {reason}. Is a node running there? `edgemesh up` starts a mesh.",
        };
    }
}

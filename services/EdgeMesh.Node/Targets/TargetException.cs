using System.Net.Sockets;
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
            StatusCode.Unavailable when FindSocketError(cause.Status.DebugException) is { } error =>
                $"cannot reach {address}: {FailureMessage.OneLine(error)}. Is a node running there? `edgemesh up` starts a mesh.",
            StatusCode.DeadlineExceeded => timeout is { } wait ? $"no answer from {address} within {new Duration(wait)}." : $"no answer from {address} before the deadline.",
            StatusCode.Unimplemented => $"{address} does not serve this: {detail} (UNIMPLEMENTED).",
            _ => $"{address} answered {StatusNames.Of(cause.StatusCode)}: {detail}",
        };
    }

    /// <summary>The innermost network error, if this side saw one; a node that relays UNAVAILABLE explains itself.</summary>
    private static string? FindSocketError(Exception? exception)
    {
        string? found = null;
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is SocketException or HttpRequestException or IOException or TimeoutException)
            {
                found = exception.Message;
            }
        }

        return found;
    }
}

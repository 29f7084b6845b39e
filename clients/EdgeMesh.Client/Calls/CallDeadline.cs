using EdgeMesh.Client.Nodes;
using EdgeMesh.Wire;

namespace EdgeMesh.Client.Calls;

/// <summary>How long a call's caller waits, told anew with each attempt: the time that earlier ones took is gone.</summary>
internal readonly struct CallDeadline
{
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly TimeSpan? _timeout;

    /// <summary>Starts the clock.</summary>
    public CallDeadline(HttpRequestMessage request, TimeProvider time)
    {
        _time = time;
        if (request.Headers.NonValidated.TryGetValues(HeaderNames.GrpcTimeout, out var values) && GrpcTimeout.TryParse(values.ToString(), out var timeout))
        {
            (_timeout, _start) = (timeout, time.GetTimestamp());
        }
    }

    /// <summary>Copies a request for one attempt: method, version and its policy, fields as they are; only address, authority and timeout are the attempt's.</summary>
    /// <param name="request">The caller's.</param>
    /// <param name="node">Where it goes.</param>
    /// <param name="content">Its body.</param>
    public HttpRequestMessage Copy(HttpRequestMessage request, NodeState node, HttpContent? content)
    {
        var copy = new HttpRequestMessage(request.Method, node.Target(request.RequestUri!)) { Version = request.Version, VersionPolicy = request.VersionPolicy, Content = content };
        foreach (var field in request.Headers.NonValidated)
        {
            if (_timeout is { } timeout && field.Key.Equals(HeaderNames.GrpcTimeout, StringComparison.OrdinalIgnoreCase))
            {
                copy.Headers.TryAddWithoutValidation(HeaderNames.GrpcTimeout, GrpcTimeout.Format(timeout - _time.GetElapsedTime(_start)));
            }
            else if (field.Value.Count == 1 && !field.Key.Equals("host", StringComparison.OrdinalIgnoreCase))
            {
                copy.Headers.TryAddWithoutValidation(field.Key, field.Value.ToString());
            }
            else if (field.Value.Count != 1)
            {
                copy.Headers.TryAddWithoutValidation(field.Key, field.Value);
            }
        }

        return copy;
    }
}

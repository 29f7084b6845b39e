namespace EdgeMesh.Relay.Upstreams;

/// <summary>A call failed at one of several places that stand behind an <see cref="Upstream"/>: callers are told which.</summary>
/// <param name="place">For messages to people: <c>replica shop-2 of workload shop at http://127.0.0.1:9000</c>.</param>
/// <param name="cause">What the handler of that place threw.</param>
public sealed class UpstreamPlaceException(string place, Exception cause) : HttpRequestException(cause.Message, cause)
{
    /// <summary>Where it failed, for messages to people.</summary>
    public string Place { get; } = place;
}

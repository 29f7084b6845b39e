using System.Collections.Frozen;

namespace EdgeMesh.Relay.Metadata;

/// <summary>Which response metadata is relayed, and which is kept with a stored answer.</summary>
/// <remarks>Stateless; thread-safe.</remarks>
internal static class ResponseMetadata
{
    /// <summary>RFC 9211.</summary>
    public const string CacheStatus = "cache-status";

    /// <summary>RFC 9111 section 5.1.</summary>
    public const string Age = "age";

    /// <summary>The node that the caller reached.</summary>
    public const string Node = "x-edgemesh-node";

    /// <summary>Between nodes: how far in the log the node was that asked the origin, as <c>EPOCH.SEQUENCE</c>.</summary>
    public const string AsOf = "x-edgemesh-as-of";

    private const string NodeFieldPrefix = "x-edgemesh-";

    // Connection-specific fields (RFC 9113 section 8.2.2), and those that this hop writes itself.
    private static readonly FrozenSet<string> HopFields = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "content-length", "trailer");

    // What belongs to one call only: a replay would lie about the later one.
    private static readonly FrozenSet<string> PerCallFields = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        Age, CacheStatus, "date", "server", "x-request-id", "request-id", "x-correlation-id", "x-cloud-trace-context", "x-amzn-trace-id",
        "traceparent", "tracestate", "b3", "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled", "x-b3-flags",
        "grpc-trace-bin", "grpc-tags-bin", "grpc-server-stats-bin", "endpoint-load-metrics-bin", "grpc-retry-pushback-ms", "x-envoy-upstream-service-time");

    /// <summary>Whether a field from upstream goes on to the caller.</summary>
    public static bool IsRelayed(string name) => !HopFields.Contains(name) && !name.StartsWith(NodeFieldPrefix, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a field is kept with a stored answer.</summary>
    public static bool IsStored(string name) =>
        IsRelayed(name) && !PerCallFields.Contains(name) && !(name.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase) && name.EndsWith("-stats-bin", StringComparison.OrdinalIgnoreCase));
}

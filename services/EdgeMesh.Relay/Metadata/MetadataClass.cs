using System.Collections.Frozen;
using ServerNames = Microsoft.Net.Http.Headers.HeaderNames;

namespace EdgeMesh.Relay.Metadata;

/// <summary>What a request metadata field means to the relay and to the cache.</summary>
internal enum MetadataClass
{
    /// <summary>May change the answer: kept, relayed, and a reason not to share it unless the answer names it in <c>vary</c>.</summary>
    Influence,

    /// <summary>Says who calls: part of the key as a digest.</summary>
    Credential,

    /// <summary>Relayed; known not to change the answer.</summary>
    Inert,

    /// <summary>Part of the protocol, and of the key by a field of its own.</summary>
    Protocol,

    /// <summary>The host that the caller asked for; part of the key.</summary>
    Host,

    /// <summary>Which rule a node below follows: for nodes only.</summary>
    Policy,

    /// <summary>Names the nodes that the call has passed; this node adds itself.</summary>
    Loop,

    /// <summary>Not relayed: belongs to this hop, or callers must not send it.</summary>
    Stripped,
}

/// <summary>The fixed lists behind <see cref="MetadataClass"/>. docs/caching.md repeats them for users.</summary>
/// <remarks>Stateless; thread-safe.</remarks>
internal static class RequestMetadata
{
    /// <summary>Names that carry credentials.</summary>
    public static readonly string[] CredentialNames =
    [
        "authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "x-goog-api-key", "x-amz-security-token",
    ];

    /// <summary>Names that origins use for tracing, statistics and transport, never to choose an answer.</summary>
    public static readonly string[] InertNames =
    [
        "user-agent", "grpc-accept-encoding", "accept-encoding", "grpc-previous-rpc-attempts", "cache-control", "pragma",
        "traceparent", "tracestate", "baggage", "grpc-trace-bin", "grpc-tags-bin", "b3", "x-b3-traceid", "x-b3-spanid",
        "x-b3-parentspanid", "x-b3-sampled", "x-b3-flags", "x-request-id", "x-correlation-id", "x-cloud-trace-context",
        "x-amzn-trace-id", "x-envoy-expected-rq-timeout-ms", "x-envoy-attempt-count",
    ];

    /// <summary>Which rule a node follows for a call: the fingerprint of its rule, or <see cref="NoRule"/>.</summary>
    public const string PolicyField = "edgemesh-policy";

    /// <summary>The method has no rule.</summary>
    public const string NoRule = "none";

    private static readonly FrozenDictionary<string, MetadataClass> Classes = Build();

    // Nearly every call has these, and the server gives a name that it knows as the same string each time.
    private static readonly KeyValuePair<string, MetadataClass>[] Frequent =
        [.. new[] { ServerNames.ContentType, ServerNames.TE, ServerNames.UserAgent, ServerNames.GrpcAcceptEncoding, ServerNames.GrpcTimeout, ServerNames.ContentLength }.Select(name => KeyValuePair.Create(name, Classes[name]))];

    /// <summary>The class of a name, whatever its case.</summary>
    public static MetadataClass Classify(string name)
    {
        foreach (var (known, kind) in Frequent)
        {
            if (ReferenceEquals(name, known))
            {
                return kind;
            }
        }

        if (Classes.TryGetValue(name, out var found))
        {
            return found;
        }

        // edgemesh-at-least is the one field of that family that callers may send; Classes has it.
        return name.StartsWith("edgemesh-", StringComparison.OrdinalIgnoreCase) || name[0] == ':' ? MetadataClass.Stripped : MetadataClass.Influence;
    }

    private static FrozenDictionary<string, MetadataClass> Build()
    {
        var classes = new Dictionary<string, MetadataClass>(StringComparer.OrdinalIgnoreCase);
        Add(MetadataClass.Credential, CredentialNames);
        Add(MetadataClass.Inert, InertNames);
        Add(MetadataClass.Protocol, "content-type", "te", "grpc-timeout", "grpc-encoding");
        Add(MetadataClass.Host, "x-forwarded-host");
        Add(MetadataClass.Loop, CdnLoop.Name);

        // RFC 9113 section 8.2.2: connection-specific fields; content-length and host are this hop's own.
        Add(MetadataClass.Stripped, "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "content-length", "host", "x-forwarded-client-cert");
        Add(MetadataClass.Inert, "edgemesh-at-least");
        Add(MetadataClass.Policy, PolicyField);
        return classes.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

        void Add(MetadataClass kind, params ReadOnlySpan<string> names)
        {
            foreach (var name in names)
            {
                classes.Add(name, kind);
            }
        }
    }
}

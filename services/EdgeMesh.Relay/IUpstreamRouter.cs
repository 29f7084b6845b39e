using EdgeMesh.Relay.Upstreams;
using EdgeMesh.Wire;

namespace EdgeMesh.Relay;

/// <summary>Where a call goes. An edge location sends all to its Region; a Region sends each service to its origin.</summary>
/// <remarks>Implementations are thread-safe and answer without waiting.</remarks>
public interface IUpstreamRouter
{
    /// <summary>All upstreams that it may choose.</summary>
    IEnumerable<Upstream> Upstreams { get; }

    /// <summary>Decides for one call.</summary>
    /// <param name="path"><c>/package.Service/Method</c>.</param>
    RelayRoute Route(string path);
}

/// <summary>Where a call goes.</summary>
public readonly record struct RelayRoute
{
    private RelayRoute(Upstream? upstream, GrpcStatusCode refusal, string? message)
    {
        Upstream = upstream;
        Refusal = refusal;
        Message = message;
    }

    /// <summary>Served on this node, by its own endpoints.</summary>
    public static RelayRoute Local => default;

    /// <summary>The next hop; null: served or refused here.</summary>
    public Upstream? Upstream { get; }

    /// <summary>The status of a refusal; <see cref="GrpcStatusCode.Ok"/>: none.</summary>
    public GrpcStatusCode Refusal { get; }

    /// <summary>Why it is refused.</summary>
    public string? Message { get; }

    /// <summary>To an upstream.</summary>
    public static RelayRoute To(Upstream upstream) => new(upstream, GrpcStatusCode.Ok, null);

    /// <summary>Refused here.</summary>
    public static RelayRoute Refuse(GrpcStatusCode status, string message) => new(null, status, message);
}

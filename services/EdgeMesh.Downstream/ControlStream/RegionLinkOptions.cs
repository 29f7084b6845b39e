using EdgeMesh.Latency.Positions;
using EdgeMesh.Relay.Hosting;
using EdgeMesh.V1;
using Grpc.Core;

namespace EdgeMesh.Downstream.ControlStream;

/// <summary>Who a node is, and how it keeps in touch with its Region.</summary>
internal sealed class RegionLinkOptions
{
    /// <summary>Where the Region is joined: its admin listener, or, with a credential, its data listener.</summary>
    public required Uri Region { get; init; }

    /// <summary>Shows the node's certificate, and says whom it trusts; null: as the system does, without a certificate.</summary>
    public NodeTls? Tls { get; init; }

    /// <summary>The token to join with, read for every attempt, so that another one takes no restart; null: none. Its failure is that of the attempt.</summary>
    public Func<string?> ReadToken { get; init; } = () => null;

    /// <summary>The node's name.</summary>
    public required string Name { get; init; }

    /// <summary>What it is.</summary>
    public required NodeKind Kind { get; init; }

    /// <summary>Of a Local Zone: its group; else empty.</summary>
    public string ZoneGroup { get; init; } = "";

    /// <summary>Where the node's data listener is reached; completes once it listens, since its port may be the system's choice.</summary>
    public required Task<string> Address { get; init; }

    /// <summary>Version of the node's program.</summary>
    public required string Version { get; init; }

    /// <summary>Where it stands; null: not known.</summary>
    public GeoPosition? Position { get; init; }

    /// <summary>Whose law holds there; empty: not said.</summary>
    public string Jurisdiction { get; init; } = "";

    /// <summary>What the node has counted until now; called at every heartbeat, with true for the first report of a stream, to a Region that may know nothing. Must not block.</summary>
    public required Func<bool, NodeReport> Report { get; init; }

    /// <summary>How far in the log the node is; null: it has applied nothing yet. Must not block.</summary>
    public Func<LogPosition?> Applied { get; init; } = static () => null;

    /// <summary>Applies what is new in the log, before anything else is read from the stream. What it throws ends the attempt.</summary>
    public Action<LogUpdate> Apply { get; init; } = static _ => { };

    /// <summary>Upper bound of the first wait after a failure; it doubles with each further one.</summary>
    public TimeSpan MinBackoff { get; init; } = TimeSpan.FromSeconds(0.1);

    /// <summary>Upper bound of any wait: 5 s, so that a Region that comes back has its mesh within seconds.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long connecting, hello and the first topology may take together.</summary>
    public TimeSpan JoinTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long saying good-bye may take.</summary>
    public TimeSpan GoodbyeTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>What the node joins with.</summary>
    /// <exception cref="RpcException">UNAUTHENTICATED: the token cannot be read.</exception>
    public Metadata Credentials()
    {
        try
        {
            return ReadToken() is { } token ? new Metadata { { "authorization", $"Bearer {token}" } } : [];
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new RpcException(new Status(StatusCode.Unauthenticated, fault.Message));
        }
    }
}

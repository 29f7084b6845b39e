using System.Net;
using EdgeMesh.Admin.Access;
using EdgeMesh.Admin.Configuration;
using EdgeMesh.Admin.Drain;
using EdgeMesh.Introspection;
using EdgeMesh.Relay.Hosting;
using Google.Protobuf.Reflection;

namespace EdgeMesh.Admin;

/// <summary>What a node says of its admin listener. Immutable.</summary>
public sealed class AdminServerOptions
{
    /// <summary>Where it listens; port 0: a free one.</summary>
    public required IPEndPoint EndPoint { get; init; }

    /// <summary>The node's; null, or without a certificate: cleartext, HTTP/1.1 and HTTP/2 with prior knowledge on the same port.</summary>
    public NodeTls? Tls { get; init; }

    /// <summary>Whether the node takes calls: its owner is the node.</summary>
    public required NodeHealth Health { get; init; }

    /// <summary>Takes the node out of service.</summary>
    public required NodeDrain Drain { get; init; }

    /// <summary>The options that the node follows.</summary>
    public required NodeConfiguration Configuration { get; init; }

    /// <summary>Recognises callers.</summary>
    public required Authenticator Authenticator { get; init; }

    /// <summary>The gRPC services that the node maps, as reflection shows them.</summary>
    public required IReadOnlyList<ServiceDescriptor> Services { get; init; }

    /// <summary>The clock of waits.</summary>
    public required TimeProvider Time { get; init; }
}

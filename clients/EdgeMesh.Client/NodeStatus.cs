namespace EdgeMesh.Client;

/// <summary>What a client knows of a node that it may call: a copy, for people and tests.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Address">Where it is called.</param>
/// <param name="IsHome">Calls go there while it is well.</param>
/// <param name="IsDraining">It takes no new callers.</param>
/// <param name="IsEjected">Probes or calls failed so that it is given none.</param>
/// <param name="RoundTrip">Least round trip of late; null: not measured yet.</param>
/// <param name="Served">What its answers took of late beside the network; null: it served nobody.</param>
/// <param name="FailureShare">Share of its calls and probes that failed of late, 0 to 1.</param>
/// <param name="InFlight">Calls of this client that run there.</param>
/// <param name="Fault">The last failure, for people; null: there was none, or an answer since.</param>
public sealed record NodeStatus(
    string Name,
    Uri Address,
    bool IsHome,
    bool IsDraining,
    bool IsEjected,
    TimeSpan? RoundTrip,
    TimeSpan? Served,
    double FailureShare,
    int InFlight,
    string? Fault);

namespace EdgeMesh.Client.Picking;

/// <summary>What is known of a node when a call is to be sent: one line of the picker's table.</summary>
public readonly record struct Candidate
{
    /// <summary>Least round trip of late, seconds; NaN: not measured yet.</summary>
    public double PropagationSeconds { get; init; }

    /// <summary>What its answers took of late beside the network, seconds; NaN: it served nobody.</summary>
    public double ServedSeconds { get; init; }

    /// <summary>The least of that in the last minutes, seconds: what it takes unloaded. NaN: not known.</summary>
    public double ServedFloorSeconds { get; init; }

    /// <summary>Share of its calls and probes that failed of late, 0 to 1.</summary>
    public double FailureShare { get; init; }

    /// <summary>Calls that run there, all callers' that it told of, and at least this client's own.</summary>
    public int InFlight { get; init; }

    /// <summary>How many it can serve at once; 0: not known.</summary>
    public int Capacity { get; init; }

    /// <summary>How far it has warmed up since it came to the mesh, or came back, 0 to 1: its share of what it would be given.</summary>
    public double Warmth { get; init; }

    /// <summary>Share of the calls that it would be given that go elsewhere, since its answers take longer than they should, 0 to 1.</summary>
    public double Shed { get; init; }

    /// <summary>It takes no new callers.</summary>
    public bool IsDraining { get; init; }

    /// <summary>Probes or calls failed so that it is given none.</summary>
    public bool IsEjected { get; init; }
}

using EdgeMesh.Latency.Topology;

namespace EdgeMesh.Latency.Search;

/// <summary>What a search was doing when it gave an answer.</summary>
public enum SearchStep
{
    /// <summary>Nothing yet.</summary>
    Start,

    /// <summary>Probing nodes near where the client says it is, and spread landmarks.</summary>
    Landmarks,

    /// <summary>Probing nodes that look-alikes of the client are near.</summary>
    Shortlist,

    /// <summary>Probing where the triangle inequality leaves room for a near node.</summary>
    Triangulation,

    /// <summary>Probing the neighbours of the best node.</summary>
    Walk,

    /// <summary>Probing the best and its close rivals again.</summary>
    Confirm,
}

/// <summary>The nearest node as far as is known.</summary>
/// <param name="Node">The one with the least round trip so far; null before the first answer, or if nobody answers.</param>
/// <param name="RoundTrip">The least measured to it.</param>
/// <param name="Confidence">The probability, as the search sees it, that none is nearer, 0 to 1.</param>
/// <param name="Probes">Sent so far, the failed ones too.</param>
/// <param name="Step">What led to this answer.</param>
/// <param name="Next">Others that answered, nearest first: where to go when the first fails.</param>
public sealed record NearestAnswer(
    LatencyNode? Node,
    TimeSpan? RoundTrip,
    double Confidence,
    int Probes,
    SearchStep Step,
    IReadOnlyList<(LatencyNode Node, TimeSpan RoundTrip)> Next)
{
    /// <summary>Nothing is known.</summary>
    public static NearestAnswer None { get; } = new(null, null, 0, 0, SearchStep.Start, []);
}

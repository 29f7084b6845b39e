namespace EdgeMesh.Latency.Coordinates;

/// <summary>What became of a sample.</summary>
public enum SampleOutcome
{
    /// <summary>It moved the coordinate.</summary>
    Accepted,

    /// <summary>Its round trip cannot be true: zero, negative, or longer than <see cref="RoundTrip.Longest"/>.</summary>
    ImplausibleRoundTrip,
}

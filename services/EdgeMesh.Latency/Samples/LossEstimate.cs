namespace EdgeMesh.Latency.Samples;

/// <summary>Which share of a peer's probes is lost, by recent weight.</summary>
/// <remarks>An exponentially weighted average that starts as a plain one, so that the first probe does not decide. Not thread-safe.</remarks>
public sealed class LossEstimate
{
    /// <summary>Probes that an outcome is remembered for: with one every 5 s, five minutes.</summary>
    public const int Memory = 60;

    private long _probes;

    /// <summary>The share lost, 0 to 1; 0 before the first probe.</summary>
    public double Share { get; private set; }

    /// <summary>Failures since the last answer.</summary>
    public int ConsecutiveLosses { get; private set; }

    /// <summary>Takes a probe's outcome.</summary>
    /// <param name="lost">True if no plausible answer came in time.</param>
    public void Add(bool lost)
    {
        _probes++;
        ConsecutiveLosses = !lost ? 0 : ConsecutiveLosses < int.MaxValue ? ConsecutiveLosses + 1 : int.MaxValue;
        Share += ((lost ? 1 : 0) - Share) / Math.Min(_probes, Memory);
    }
}

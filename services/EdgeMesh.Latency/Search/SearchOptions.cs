namespace EdgeMesh.Latency.Search;

/// <summary>How much a search may spend.</summary>
public sealed record SearchOptions
{
    /// <summary>Probes in all, repeated and failed ones too; at least 1. Default 20.</summary>
    public int ProbeBudget { get; init; } = 20;

    /// <summary>The search ends early when it is so sure, 0 to 1. Default 1: never, as long as there is a budget.</summary>
    public double EnoughConfidence { get; init; } = 1;

    /// <summary>Probes under way at once after the first batch, at least 1. Default 2: half the waiting time of one after another, for hardly more probes.</summary>
    public int Parallelism { get; init; } = 2;

    /// <summary>Throws unless all are in range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Names the one that is not.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ProbeBudget, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Parallelism, 1);
        if (!(EnoughConfidence is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(EnoughConfidence), EnoughConfidence, "A confidence is a number from 0 to 1.");
        }
    }
}

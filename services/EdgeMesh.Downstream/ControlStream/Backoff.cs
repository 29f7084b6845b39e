namespace EdgeMesh.Downstream.ControlStream;

/// <summary>How long to wait after a failure: at random between zero and a bound that doubles with each failure in a row.</summary>
/// <remarks>
/// "Full jitter" (M. Brooker, Exponential Backoff And Jitter, 2015): nodes that lost their Region together do not come back together.
/// Not thread-safe.
/// </remarks>
internal sealed class Backoff(TimeSpan min, TimeSpan max, Random random)
{
    private int _failures;

    /// <summary>The wait after one more failure.</summary>
    public TimeSpan Next()
    {
        var bound = Math.Min(max.Ticks, min.Ticks * Math.Pow(2, _failures));
        _failures++;
        return new TimeSpan((long)(random.NextDouble() * bound));
    }

    /// <summary>Makes the bound of all waits the greatest, for failures that time alone does not mend.</summary>
    public void Raise() => _failures = Math.Max(_failures, 62);

    /// <summary>Forgets all failures.</summary>
    public void Reset() => _failures = 0;
}

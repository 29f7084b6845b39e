namespace EdgeMesh.Latency;

/// <summary>Which round-trip times can be true. Everything that a probe or a peer says passes here before it is used.</summary>
public static class RoundTrip
{
    /// <summary>Longer is no answer but a failure: Serf's limit for a coordinate's sample (client.go, maxRTT).</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    /// <summary>Above zero and at most <see cref="Longest"/>.</summary>
    public static bool IsPlausible(TimeSpan roundTrip) => roundTrip > TimeSpan.Zero && roundTrip <= Longest;

    /// <summary>Reads milliseconds that a peer told.</summary>
    /// <param name="milliseconds">Any number, also NaN and infinity.</param>
    /// <param name="roundTrip">Set when the answer is true.</param>
    /// <returns>False unless the number is a plausible round trip.</returns>
    public static bool TryFromMilliseconds(double milliseconds, out TimeSpan roundTrip)
    {
        var plausible = milliseconds > 0 && milliseconds <= Longest.TotalMilliseconds;
        roundTrip = plausible ? TimeSpan.FromMilliseconds(milliseconds) : TimeSpan.Zero;
        return plausible && IsPlausible(roundTrip);
    }

    /// <summary>What of a probe's time was spent on the network.</summary>
    /// <param name="elapsed">From sending to the answer, on the prober's clock.</param>
    /// <param name="residence">What the reflector says it spent, from reading the probe to writing the answer.</param>
    /// <returns>
    /// <paramref name="elapsed"/> without <paramref name="residence"/>, of which at most half of the elapsed time is believed: a reflector that lies, or whose clock
    /// jumps, makes itself look at most twice as near. A negative residence counts as none.
    /// </returns>
    public static TimeSpan Of(TimeSpan elapsed, TimeSpan residence)
    {
        if (residence <= TimeSpan.Zero || elapsed <= TimeSpan.Zero)
        {
            return elapsed;
        }

        return elapsed - (residence < elapsed / 2 ? residence : elapsed / 2);
    }
}

namespace EdgeMesh.Client.Picking;

/// <summary>Which share of the calls that a node would be given goes elsewhere, from how long its answers take.</summary>
/// <remarks>
/// Many clients follow the same node's word. If each left it at once, all would, and come back together; so each gives away a share, which is moved by how far the node is from where it should be, and by how
/// fast that changes: the controller of PIE (RFC 8033 section 4.2), whose clients are routers' queues, with the logarithm of the latency in place of the latency, since a queue may be a thousand
/// times too long. All shares go to where the node's queue neither grows nor empties. Not thread-safe.
/// </remarks>
public sealed class LoadShedding
{
    /// <summary>The most that goes elsewhere: who gives a node nothing does not learn that it is well again.</summary>
    public const double MaxShare = 0.98;

    /// <summary>Latency beyond so many times the unloaded one, and <see cref="AddendSeconds"/>, is too long.</summary>
    public const double Factor = 2;

    /// <summary>A latency of microseconds doubles by itself.</summary>
    public const double AddendSeconds = 0.002;

    // A queue's delay grows by the second of overload that lasts a second, and is told a quarter of a second late: with these, shares settle within some ten seconds and do not swing (RFC 8033 section 5 has the reasoning).
    private const double GainPerSecond = 0.03;
    private const double Damping = 0.025;

    // Logarithms: a third of the limit, and twenty times that.
    private const double LeastError = -1;
    private const double MostError = 3;

    private static readonly TimeSpan LongestStep = TimeSpan.FromSeconds(1);

    private TimeSpan _at;
    private double _error = LeastError;

    /// <summary>The share, 0 to <see cref="MaxShare"/>.</summary>
    public double Share { get; private set; }

    /// <summary>How long a node's answers should take at most, seconds.</summary>
    /// <param name="floorSeconds">What they take unloaded; NaN: not known.</param>
    public static double LimitOf(double floorSeconds) => (floorSeconds * Factor) + AddendSeconds;

    /// <summary>The node told how long its answers take.</summary>
    /// <param name="now">The owner's clock.</param>
    /// <param name="servedSeconds">That; NaN: it serves next to nobody.</param>
    /// <param name="floorSeconds">What they take unloaded; NaN: not known.</param>
    public void Note(TimeSpan now, double servedSeconds, double floorSeconds)
    {
        var error = servedSeconds > 0 && !double.IsNaN(floorSeconds) ? Math.Clamp(Math.Log(servedSeconds / LimitOf(floorSeconds)), LeastError, MostError) : LeastError;
        var step = now - _at < LongestStep ? now - _at : LongestStep;
        Share = Math.Clamp(Share + (GainPerSecond * error * step.TotalSeconds) + (Damping * (error - _error)), 0, MaxShare);
        (_at, _error) = (now, error);
    }
}

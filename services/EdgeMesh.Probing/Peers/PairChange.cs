using EdgeMesh.Latency.Pairs;

namespace EdgeMesh.Probing.Peers;

/// <summary>Whether what is known of a pair differs from what was told by so much that it is worth telling again.</summary>
/// <remarks>Whoever was told nothing new may take the pair's age to be what it was: a pair whose answers stay away is told again.</remarks>
internal static class PairChange
{
    // A tenth of the queues' spread is nothing that a ranking would turn on; neither is a tenth of a millisecond.
    private const double Share = 0.1;
    private const double LossShare = 0.05;
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(0.1);

    // Tails move with every slow answer.
    private const double TailShare = 0.25;

    /// <summary>Compares.</summary>
    /// <param name="told">Null: nothing was told.</param>
    /// <param name="now">What is known now.</param>
    /// <param name="interval">Of probes: an age that grew by twice this is news.</param>
    public static bool IsNoticeable(PairEstimate? told, PairEstimate now, TimeSpan interval) =>
        told is null
        || told.Source != now.Source
        || told.Reachability != now.Reachability
        || Math.Abs(told.LossShare - now.LossShare) > LossShare
        || now.Age - told.Age > 2 * interval
        || told.Age - now.Age > 2 * interval
        || Differ(told.RoundTrip, now.RoundTrip, Share)
        || Differ(told.P50, now.P50, Share)
        || Differ(told.P99, now.P99, TailShare)
        || Differ(told.Error, now.Error, TailShare);

    private static bool Differ(TimeSpan? a, TimeSpan? b, double share) =>
        a is { } was && b is { } isNow ? (was - isNow).Duration() > Max(was * share, Least) : a.HasValue != b.HasValue;

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}

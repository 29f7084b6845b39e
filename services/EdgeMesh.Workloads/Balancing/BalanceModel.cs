namespace EdgeMesh.Workloads.Balancing;

/// <summary>The replicas of a workload that take calls, as a pick sees them. Immutable.</summary>
internal sealed class BalanceModel
{
    /// <summary>None.</summary>
    public static readonly BalanceModel Empty = new([], TimeSpan.Zero, TimeProvider.System);

    // So little that a new replica's first calls do not decide a workload's tail, so much that it gets some.
    private const double LeastWarmth = 0.1;

    private readonly TimeSpan _slowStart;
    private readonly TimeProvider _time;
    private readonly bool _areAlike;
    private readonly long _warmAt;

    public BalanceModel(IReadOnlyList<ReplicaTarget> targets, TimeSpan slowStart, TimeProvider time)
    {
        Targets = [.. targets];
        (_slowStart, _time) = (slowStart, time);
        _areAlike = Targets.All(target => target.Weight.Equals(Targets[0].Weight));
        _warmAt = Targets.Length == 0 ? 0 : Targets.Max(target => target.ReadyAt) + (long)(slowStart.TotalSeconds * time.TimestampFrequency);
    }

    public ReplicaTarget[] Targets { get; }

    /// <summary>Whether all have the same share, so that drawing one is drawing a number.</summary>
    public bool AreAlike(long now) => _areAlike && now >= _warmAt;

    /// <summary>A target's share of the draws: its weight, less while it warms up.</summary>
    public double ShareOf(ReplicaTarget target, long now) => target.Weight * Warmth(target, now);

    /// <summary>How far a target has warmed up, 0.1 to 1.</summary>
    public double Warmth(ReplicaTarget target, long now) =>
        _slowStart <= TimeSpan.Zero ? 1 : Math.Clamp(_time.GetElapsedTime(target.ReadyAt, now) / _slowStart, LeastWarmth, 1);
}

using EdgeMesh.Latency.Coordinates;
using EdgeMesh.Latency.Samples;

namespace EdgeMesh.Latency.Pairs;

/// <summary>All that one node remembers of probing another.</summary>
/// <remarks>
/// Times are of a clock that the owner reads. Only its steps are used, none below zero or above <see cref="LongestStep"/>: a clock that jumps back ages nothing,
/// one that jumps ahead ages the pair by an hour. Not thread-safe: the prober owns it. At most 17 KiB, as two sketches of a quarter of an hour each.
/// </remarks>
public sealed class PairState
{
    /// <summary>How long a minimum is believed: routes change over minutes to hours (Paxson, SIGCOMM 1996), queues over seconds.</summary>
    public static readonly TimeSpan MinimumWindow = TimeSpan.FromMinutes(5);

    /// <summary>Quantiles cover between one and two of these.</summary>
    public static readonly TimeSpan SketchWindow = TimeSpan.FromMinutes(15);

    /// <summary>A longer step of the clock counts as this: by then all that was measured is old.</summary>
    public static readonly TimeSpan LongestStep = TimeSpan.FromHours(1);

    /// <summary>So many failures in a row make a pair unreachable: at 1 % loss, a false alarm in a million probes.</summary>
    public const int UnreachableAfter = 3;

    private readonly TimeSpan _interval;
    private readonly WindowedMinimum _minimum = new(MinimumWindow);
    private readonly LossEstimate _loss = new();
    private DDSketch _current = new();
    private DDSketch _previous = new();
    private TimeSpan _sketchStarted;
    private TimeSpan? _lastRead;
    private TimeSpan _now;
    private TimeSpan? _lastAnswer;
    private bool _probed;

    /// <summary>Starts without knowledge.</summary>
    /// <param name="interval">How often the pair is probed; zero if at no fixed rate.</param>
    public PairState(TimeSpan interval) => _interval = interval;

    /// <summary>Samples that could not be true, counted as lost.</summary>
    public long Implausible { get; private set; }

    /// <summary>Takes an answered probe.</summary>
    /// <param name="now">The owner's clock.</param>
    /// <param name="roundTrip">Network time, from sending (an implausible one counts as lost).</param>
    /// <param name="waited">From when the probe was due to its sending, 0 or more: tails count it, the minimum does not.</param>
    /// <returns>False if the round trip cannot be true.</returns>
    public bool Answered(TimeSpan now, TimeSpan roundTrip, TimeSpan waited = default)
    {
        if (!RoundTrip.IsPlausible(roundTrip))
        {
            Implausible++;
            Lost(now);
            return false;
        }

        Advance(now);
        _probed = true;
        _lastAnswer = _now;
        _minimum.Add(_now, roundTrip);
        _current.AddCorrected(roundTrip + waited, _interval);
        _loss.Add(lost: false);
        return true;
    }

    /// <summary>Takes a probe that failed or ran out of time.</summary>
    /// <param name="now">The owner's clock.</param>
    public void Lost(TimeSpan now)
    {
        Advance(now);
        _probed = true;
        _loss.Add(lost: true);
    }

    /// <summary>What to say of the pair.</summary>
    /// <param name="now">The owner's clock.</param>
    /// <param name="own">This node's coordinate.</param>
    /// <param name="peer">The other's; null if not known.</param>
    public PairEstimate Estimate(TimeSpan now, Coordinate own, Coordinate? peer)
    {
        Advance(now);
        var reachability = !_probed ? Reachability.Unknown
            : _loss.ConsecutiveLosses >= UnreachableAfter || _lastAnswer is null ? Reachability.Unreachable
            : Reachability.Reachable;
        if (_lastAnswer is { } answered && _minimum.Value is { } minimum)
        {
            var sketch = new DDSketch();
            sketch.Merge(_previous);
            sketch.Merge(_current);
            var p50 = sketch.Quantile(0.5) ?? minimum;

            // The minimum errs by what queues never let through: half of the usual queueing is a fair guess.
            var error = p50 > minimum ? (p50 - minimum) / 2 : TimeSpan.Zero;
            return new PairEstimate(minimum, error, _now - answered, EstimateSource.Measured, reachability, _loss.Share, p50, sketch.Quantile(0.99) ?? minimum);
        }

        return Predict(own, peer) with { Reachability = reachability, LossShare = _loss.Share };
    }

    /// <summary>What two coordinates say of a pair that nobody probed.</summary>
    public static PairEstimate Predict(Coordinate own, Coordinate? peer)
    {
        if (peer is null)
        {
            return PairEstimate.Unknown;
        }

        var distance = own.DistanceTo(peer);
        return new PairEstimate(distance, distance * Math.Min(1, (own.Error + peer.Error) / 2), TimeSpan.Zero, EstimateSource.Predicted, Reachability.Unknown);
    }

    private void Advance(TimeSpan now)
    {
        var step = now - (_lastRead ?? now);
        _lastRead = now;
        _now += step < TimeSpan.Zero ? TimeSpan.Zero : step < LongestStep ? step : LongestStep;
        if (_now - _sketchStarted >= SketchWindow)
        {
            (_previous, _current) = (_now - _sketchStarted >= 2 * SketchWindow ? new DDSketch() : _current, new DDSketch());
            _sketchStarted = _now;
        }
    }
}

namespace EdgeMesh.Client.Hedging;

/// <summary>How many calls may be sent to a second node because the first is slow: a share of those that could be, and none while most are slow.</summary>
/// <remarks>
/// One call in twenty is slower than 95 in a hundred, so the share of calls that came to their delay is near 0.05 while nodes are as they were. When everything becomes slow, every call comes to its
/// delay before that has moved: a running mean over some sixteen calls then tells within four, and hedging rests until it has fallen. Thread-safe, without locks: lost updates of the mean cost a call's weight.
/// </remarks>
public sealed class HedgeBudget
{
    /// <summary>The most that is kept: unspent hedges of a quiet hour must not meet in one bad second.</summary>
    public const int Reserve = 5;

    /// <summary>Hedging rests while more than this share of calls come to their delay.</summary>
    public const double MaxLateShare = 0.25;

    private const double Weight = 1.0 / 16;
    private const double UsualLateShare = 1 - CallLatency.Quantile;
    private const long Whole = 1000;

    private readonly long _earned;
    private long _left;
    private double _lateShare = UsualLateShare;

    /// <summary>Starts with nothing to spend.</summary>
    /// <param name="share">Hedges for each call, 0 to 1.</param>
    public HedgeBudget(double share)
    {
        if (!(share is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(share), share, "A share is a number from 0 to 1.");
        }

        _earned = (long)(share * Whole);
    }

    /// <summary>A call that may be hedged was answered before its delay, or needed none.</summary>
    public void NoteInTime()
    {
        Earn();
        var share = Volatile.Read(ref _lateShare);
        Volatile.Write(ref _lateShare, share - (share * Weight));
    }

    /// <summary>A call came to its delay.</summary>
    /// <returns>Whether it may be hedged.</returns>
    public bool TrySpend()
    {
        Earn();
        var share = Volatile.Read(ref _lateShare);
        share += (1 - share) * Weight;
        Volatile.Write(ref _lateShare, share);
        if (share > MaxLateShare)
        {
            return false;
        }

        var left = Volatile.Read(ref _left);
        while (left >= Whole)
        {
            var seen = Interlocked.CompareExchange(ref _left, left - Whole, left);
            if (seen == left)
            {
                return true;
            }

            left = seen;
        }

        return false;
    }

    private void Earn()
    {
        // A lost race overshoots the reserve by one call's share.
        if (Volatile.Read(ref _left) < Reserve * Whole)
        {
            Interlocked.Add(ref _left, _earned);
        }
    }
}

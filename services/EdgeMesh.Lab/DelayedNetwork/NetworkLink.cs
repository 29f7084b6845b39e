namespace EdgeMesh.Lab.DelayedNetwork;

/// <summary>The way between two places, the same in both directions.</summary>
/// <param name="RoundTrip">There and back, zero or more.</param>
/// <param name="LossShare">Share of segments that get lost, 0 to 1, 1 excepted. What was lost comes again later, as TCP sends it, and all behind it waits.</param>
public readonly record struct NetworkLink(TimeSpan RoundTrip, double LossShare)
{
    /// <summary>No way at all: two ends in one place.</summary>
    public static NetworkLink None { get; }

    /// <summary>What a segment carries over Ethernet.</summary>
    internal const int SegmentBytes = 1448;

    // Linux's least retransmission timeout (TCP_RTO_MIN), and how often it is doubled here before anyone has given up.
    private static readonly TimeSpan LeastRetransmission = TimeSpan.FromMilliseconds(200);
    private const int MaxRetransmissions = 6;

    /// <summary>How long bytes that were written together take one way.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="random">Draws losses.</param>
    internal TimeSpan Draw(int bytes, Random random)
    {
        var delay = RoundTrip / 2;
        if (LossShare <= 0)
        {
            return delay;
        }

        // Any of the segments: the last one's bytes wait for the first's.
        var share = 1 - Math.Pow(1 - LossShare, (bytes + SegmentBytes - 1) / SegmentBytes);
        var wait = LeastRetransmission + RoundTrip;
        for (var i = 0; i < MaxRetransmissions && random.NextDouble() < share; i++)
        {
            (delay, wait, share) = (delay + wait, wait * 2, LossShare);
        }

        return delay;
    }
}

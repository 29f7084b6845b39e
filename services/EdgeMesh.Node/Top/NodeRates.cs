using EdgeMesh.V1;

namespace EdgeMesh.Node.Top;

/// <summary>What a node does, a second: from two of its reports.</summary>
/// <param name="CallsPerSecond">Calls that ended.</param>
/// <param name="HitRatio">0 to 1: hits among the calls that the cache could answer (hits, misses, coalesced); null when there were none.</param>
/// <param name="ReceivedBytesPerSecond">Message bytes of requests.</param>
/// <param name="SentBytesPerSecond">Message bytes of answers.</param>
/// <param name="ErrorsPerSecond">Calls that ended in an error of a server.</param>
/// <param name="UpstreamFailuresPerSecond">Calls that ended because upstream could not be reached.</param>
internal sealed record NodeRates(
    double CallsPerSecond, double? HitRatio, double ReceivedBytesPerSecond, double SentBytesPerSecond, double ErrorsPerSecond, double UpstreamFailuresPerSecond)
{
    /// <summary>The rates between two reports of one node.</summary>
    /// <returns>Null where they are of different processes, or no time lies between them.</returns>
    public static NodeRates? Between(NodeInfo earlier, NodeInfo later)
    {
        var (from, to) = (earlier.Report, later.Report);
        if (from is null || to is null || earlier.ReportTime is null || later.ReportTime is null)
        {
            return null;
        }

        var seconds = (later.ReportTime.ToDateTimeOffset() - earlier.ReportTime.ToDateTimeOffset()).TotalSeconds;

        // Counts begin anew with the process: one that is smaller than it was is of another.
        var isOther = to.Calls < from.Calls || to.Hits < from.Hits || to.Misses < from.Misses || to.Coalesced < from.Coalesced
            || to.ReceivedBytes < from.ReceivedBytes || to.SentBytes < from.SentBytes || to.Errors < from.Errors || to.UpstreamFailures < from.UpstreamFailures;
        if (seconds <= 0 || isOther)
        {
            return null;
        }

        var hits = to.Hits - from.Hits;
        var cacheable = hits + (to.Misses - from.Misses) + (to.Coalesced - from.Coalesced);
        return new(
            (to.Calls - from.Calls) / seconds,
            cacheable == 0 ? null : hits / (double)cacheable,
            (to.ReceivedBytes - from.ReceivedBytes) / seconds,
            (to.SentBytes - from.SentBytes) / seconds,
            (to.Errors - from.Errors) / seconds,
            (to.UpstreamFailures - from.UpstreamFailures) / seconds);
    }
}

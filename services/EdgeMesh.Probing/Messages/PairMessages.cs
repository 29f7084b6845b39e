using EdgeMesh.Latency;
using EdgeMesh.Latency.Pairs;
using EdgeMesh.Latency.Samples;
using EdgeMesh.V1;
using Google.Protobuf.WellKnownTypes;
using EstimateSource = EdgeMesh.Latency.Pairs.EstimateSource;
using Reachability = EdgeMesh.Latency.Pairs.Reachability;

namespace EdgeMesh.Probing.Messages;

/// <summary>What is known of a pair as a message, and back.</summary>
public static class PairMessages
{
    // A sketch counts what is longer as its highest, which it knows within 1 %.
    private static readonly TimeSpan LongestQuantile = DDSketch.Highest * 1.01;

    /// <summary>Writes one.</summary>
    public static PairLatency ToMessage(this PairEstimate estimate)
    {
        var message = new PairLatency { Source = (V1.EstimateSource)estimate.Source, Reachability = (V1.Reachability)estimate.Reachability, Loss = estimate.LossShare };
        if (estimate.RoundTrip is { } roundTrip)
        {
            message.RoundTrip = Duration.FromTimeSpan(roundTrip);
            message.Error = Duration.FromTimeSpan(estimate.Error);
            message.Age = Duration.FromTimeSpan(estimate.Age);
        }

        message.P50 = estimate.P50 is { } p50 ? Duration.FromTimeSpan(p50) : null;
        message.P99 = estimate.P99 is { } p99 ? Duration.FromTimeSpan(p99) : null;
        return message;
    }

    /// <summary>Reads what a node told of a pair that it probes.</summary>
    /// <param name="message">Null: nothing.</param>
    /// <returns>Null unless it could be true: a plausible round trip of a measured pair, none of another; a loss from 0 to 1; reachable or not.</returns>
    public static PairEstimate? Read(PairLatency? message)
    {
        if (message is not { Loss: >= 0 and <= 1, Reachability: V1.Reachability.Unspecified or V1.Reachability.Reachable or V1.Reachability.Unreachable })
        {
            return null;
        }

        var reachability = (Reachability)message.Reachability;
        if (message.Source == V1.EstimateSource.Unspecified)
        {
            return PairEstimate.Unknown with { Reachability = reachability, LossShare = message.Loss };
        }

        return message.Source == V1.EstimateSource.Measured
            && Read(message.RoundTrip, RoundTrip.Longest) is { } roundTrip
            && DurationMessages.Read(message.Error) is { } error && error <= RoundTrip.Longest
            && DurationMessages.Read(message.Age) is { } age
            && Read(message.P50, LongestQuantile) is { } p50
            && Read(message.P99, LongestQuantile) is { } p99
            ? new PairEstimate(roundTrip, error, age, EstimateSource.Measured, reachability, message.Loss, p50, p99)
            : null;
    }

    private static TimeSpan? Read(Duration? message, TimeSpan longest) =>
        DurationMessages.Read(message) is { } value && value > TimeSpan.Zero && value <= longest ? value : null;
}

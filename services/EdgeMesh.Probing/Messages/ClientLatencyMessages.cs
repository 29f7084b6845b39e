using System.Net;
using EdgeMesh.Latency.Reports;
using EdgeMesh.Latency.Samples;
using EdgeMesh.V1;
using Google.Protobuf.WellKnownTypes;

namespace EdgeMesh.Probing.Messages;

/// <summary>What clients reported to a node, as it is told to its Region, and back.</summary>
public static class ClientLatencyMessages
{
    /// <summary>Networks in one message.</summary>
    public const int MaxNetworks = 256;

    /// <summary>Buckets in one message: more than a sketch from a microsecond to a minute has.</summary>
    public const int MaxBuckets = 2_048;

    /// <summary>Adds what was reported to what a node tells.</summary>
    /// <param name="observations">The message.</param>
    /// <param name="reports">What was reported; networks are taken out of it, to be told once.</param>
    public static void Add(LatencyObservations observations, ClientReports reports)
    {
        var read = reports.Read();
        if (read.RoundTrips.Count > 0)
        {
            observations.Clients = ToMessage(read);
        }

        foreach (var (network, place) in reports.TakePlaces(MaxNetworks))
        {
            observations.Networks.Add(new ClientNetwork { Network = network.ToString(), Coordinate = place.Coordinate?.ToMessage(), Position = place.Position?.ToMessage() });
        }
    }

    /// <summary>Reads what a node told of its clients.</summary>
    /// <param name="message">Null: it told of none.</param>
    /// <returns>Null if there is nothing to know; what cannot be true is left out.</returns>
    public static ReportedLatency? Read(ClientLatency? message)
    {
        if (message is null || message.Buckets.Count > MaxBuckets)
        {
            return null;
        }

        var sketch = new DDSketch();
        foreach (var (roundTrip, count) in ReadBuckets(message.Buckets))
        {
            // Far above what a node may count in an hour, far below what overflows a sum of buckets.
            sketch.Add(roundTrip, (long)Math.Min(count, int.MaxValue));
        }

        var reach = DurationMessages.Read(message.Window) ?? TimeSpan.Zero;
        return new ReportedLatency(sketch, (int)Math.Min(message.Clients, int.MaxValue), reach < SlidingSketch.Window ? reach : SlidingSketch.Window);
    }

    /// <summary>Reads networks that a node told of; what cannot be true is left out.</summary>
    public static IEnumerable<(IPNetwork Network, ClientPlace Place)> ReadNetworks(IEnumerable<ClientNetwork> networks)
    {
        foreach (var network in networks.Take(MaxNetworks))
        {
            CoordinateMessages.TryRead(network.Coordinate, out var coordinate);
            var place = new ClientPlace(coordinate, PositionMessages.Read(network.Position));
            if (place is not { Coordinate: null, Position: null } && ClientNetworks.TryParse(network.Network, out var parsed))
            {
                yield return (parsed, place);
            }
        }
    }

    /// <summary>Reads buckets; those that cannot be round trips are left out.</summary>
    public static IEnumerable<(TimeSpan RoundTrip, ulong Count)> ReadBuckets(IEnumerable<LatencyBucket> buckets) =>
        from bucket in buckets
        let roundTrip = DurationMessages.Read(bucket.Latency)
        where roundTrip > TimeSpan.Zero && roundTrip <= DDSketch.Highest
        select (roundTrip.Value, bucket.Count);

    private static ClientLatency ToMessage(ReportedLatency read)
    {
        var message = new ClientLatency { Window = Duration.FromTimeSpan(read.Reach), Clients = (uint)read.Clients };
        message.Buckets.AddRange(read.RoundTrips.Buckets().Select(bucket => new LatencyBucket { Latency = Duration.FromTimeSpan(bucket.Middle), Count = (ulong)bucket.Count }));
        return message;
    }
}

using System.Net;

namespace EdgeMesh.Latency.Reports;

/// <summary>What a client measured of its calls to a node.</summary>
/// <param name="From">Where the report came from.</param>
/// <param name="Client">Who reports: bytes of the client's making.</param>
/// <param name="RoundTrips">How many of which length, each at most <see cref="Samples.DDSketch.Highest"/> to make sense.</param>
/// <param name="Place">Where it is.</param>
public sealed record ClientReport(IPAddress From, ReadOnlyMemory<byte> Client, IReadOnlyList<(TimeSpan RoundTrip, ulong Count)> RoundTrips, ClientPlace Place);

/// <summary>What became of a report.</summary>
public enum ReportOutcome
{
    /// <summary>It counts.</summary>
    Taken,

    /// <summary>The same client reported a moment ago.</summary>
    TooSoon,

    /// <summary>Its address has as many clients as one may have.</summary>
    TooManyClients,
}

/// <summary>What clients reported in the window.</summary>
/// <param name="RoundTrips">Those that count.</param>
/// <param name="Clients">How many clients there were.</param>
/// <param name="Reach">How far back it reaches; zero if there was nothing.</param>
public sealed record ReportedLatency(Samples.DDSketch RoundTrips, int Clients, TimeSpan Reach);

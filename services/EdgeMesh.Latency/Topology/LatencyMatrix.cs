using EdgeMesh.Latency.Pairs;

namespace EdgeMesh.Latency.Topology;

/// <summary>What nodes measured of each other, as the Region publishes it. Immutable; thread-safe.</summary>
/// <remarks>A pair that only one side probed is known in both directions: a round trip is one.</remarks>
public sealed class LatencyMatrix
{
    private readonly Dictionary<string, Dictionary<string, PairEstimate>> _rows = [];

    /// <summary>Takes the pairs.</summary>
    /// <param name="pairs">By the prober's and the probed node's name; of two entries for one pair the later one counts.</param>
    public LatencyMatrix(IEnumerable<(string From, string To, PairEstimate Estimate)> pairs)
    {
        foreach (var (from, to, estimate) in pairs)
        {
            if (!_rows.TryGetValue(from, out var row))
            {
                _rows.Add(from, row = []);
            }

            row[to] = estimate;
        }
    }

    /// <summary>No pairs.</summary>
    public static LatencyMatrix Empty { get; } = new([]);

    /// <summary>
    /// The pair as <paramref name="from"/> sees it, else as <paramref name="to"/> does; null if neither told of it. Where <paramref name="from"/> never got an answer and
    /// <paramref name="to"/> did, the round trip is the latter's and reachability and loss are the former's: answers may find a way that questions do not.
    /// </summary>
    public PairEstimate? Find(string from, string to)
    {
        var entry = Entry(from, to);
        if (entry?.Source == EstimateSource.Measured || Entry(to, from) is not { } mirrored)
        {
            return entry;
        }

        return mirrored.Source != EstimateSource.Measured ? entry ?? mirrored
            : entry is { Reachability: not Reachability.Unknown } ? mirrored with { Reachability = entry.Reachability, LossShare = entry.LossShare }
            : mirrored;
    }

    /// <summary>Everyone that a node probes, with what it found.</summary>
    public IReadOnlyDictionary<string, PairEstimate> NeighboursOf(string node) =>
        _rows.TryGetValue(node, out var row) ? row : new Dictionary<string, PairEstimate>();

    private PairEstimate? Entry(string from, string to) => _rows.TryGetValue(from, out var row) ? row.GetValueOrDefault(to) : null;
}

using System.Text;

namespace EdgeMesh.Latency.Probing;

/// <summary>Whom a node probes: everyone in a small mesh; in a large one some at random and some near.</summary>
/// <remarks>
/// Random neighbours place a node in the world, near ones tell its surroundings apart (near and far neighbours together: SIGCOMM 2004, section 4.2; Meridian, SIGCOMM 2005, keeps
/// more of the near). The random ones are chosen by rendezvous hashing (Thaler and Ravishankar, 1996) of both names, so that a join or a leave changes at most one
/// of them, and no coordination or memory is needed. Stateless; thread-safe.
/// </remarks>
public static class NeighbourSet
{
    /// <summary>Up to so many nodes everyone probes everyone, and the most that a node probes beyond: 63 probes every 5 s are 13 a second.</summary>
    public const int FullMesh = 64;

    /// <summary>The share of the set that is near, beyond a full mesh; the rest is random. Between an eighth and a half hardly matters.</summary>
    public const double NearShare = 0.25;

    /// <summary>Chooses a node's neighbours.</summary>
    /// <param name="self">The node's name.</param>
    /// <param name="others">Everyone else, with the predicted round trip if there is one.</param>
    /// <param name="limit">The most to choose; at least 1.</param>
    public static IReadOnlyList<string> Choose(string self, IReadOnlyCollection<(string Name, TimeSpan? Predicted)> others, int limit = FullMesh)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        if (others.Count <= limit)
        {
            return [.. others.Select(o => o.Name)];
        }

        var near = others
            .Where(o => o.Predicted is not null)
            .OrderBy(o => o.Predicted)
            .ThenBy(o => o.Name, StringComparer.Ordinal)
            .Take((int)(limit * NearShare))
            .Select(o => o.Name)
            .ToHashSet();
        var random = others
            .Where(o => !near.Contains(o.Name))
            .Select(o => (o.Name, Weight: Weight(self, o.Name)))
            .OrderByDescending(o => o.Weight)
            .ThenBy(o => o.Name, StringComparer.Ordinal)
            .Take(limit - near.Count)
            .Select(o => o.Name);
        return [.. near.Order(StringComparer.Ordinal), .. random];
    }

    /// <summary>FNV-1a over both names, then SplitMix64's finalizer to spread it: fast, the same everywhere, and nobody gains by guessing it.</summary>
    private static ulong Weight(string self, string other)
    {
        var hash = Append(14695981039346656037, self);
        hash = Append((hash ^ '\n') * 1099511628211, other);
        hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
        hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
        return hash ^ (hash >> 31);
    }

    private static ulong Append(ulong hash, string text)
    {
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            hash = (hash ^ b) * 1099511628211;
        }

        return hash;
    }
}

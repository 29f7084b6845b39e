using System.Globalization;
using EdgeMesh.Client.Nodes;

namespace EdgeMesh.Client;

/// <summary>Calls of one key go to one node, as long as it is well and not overloaded: for caches that are warm, or state that is near, where a key's calls meet.</summary>
public sealed record StickyOptions
{
    /// <summary>Reads a call's key from its request; null or empty: the call has none, and goes where any goes. Called once for each call, by many threads at once; what it throws, the caller gets.</summary>
    public required Func<HttpRequestMessage, string?> Key { get; init; }

    /// <summary>How many nodes share the keys: the nearest of the mesh by the search, 1 to 16. Default 3: further ones cost each call their distance.</summary>
    public int Nodes { get; init; } = 3;

    /// <summary>How much more than its even share of this client's running calls a node takes before its keys spill over to the next, 1.05 to 100. Default 1.25.</summary>
    public double LoadFactor { get; init; } = 1.25;

    /// <summary>Takes a field of the request's metadata for the key.</summary>
    /// <param name="name">As <c>x-user-id</c>. Of a field that is there more than once, all values count.</param>
    public static StickyOptions ByMetadata(string name) => new()
    {
        Key = request => request.Headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null,
    };

    /// <summary>Adds what is wrong, a line a fault.</summary>
    internal void Validate(ICollection<string> faults)
    {
        if (Key is null)
        {
            faults.Add($"{nameof(EdgeMeshClientOptions.Sticky)}.{nameof(Key)}: must be set");
        }

        if (Nodes is < 1 or > NodePool.MaxMembers)
        {
            faults.Add($"{nameof(EdgeMeshClientOptions.Sticky)}.{nameof(Nodes)}: must be 1 to {NodePool.MaxMembers}; is {Nodes}");
        }

        if (!(LoadFactor is >= 1.05 and <= 100))
        {
            faults.Add(string.Create(CultureInfo.InvariantCulture, $"{nameof(EdgeMeshClientOptions.Sticky)}.{nameof(LoadFactor)}: must be 1.05 to 100; is {LoadFactor}"));
        }
    }
}

namespace EdgeMesh.Lab.CacheSimulation.Traces;

/// <summary>Collects requests and numbers the objects in them.</summary>
public sealed class TraceBuilder
{
    private readonly Dictionary<(ulong Id, long Size), int> _objects = [];
    private readonly List<int> _requests = [];
    private readonly List<long> _sizes = [];

    /// <summary>Requests so far.</summary>
    public int Count => _requests.Count;

    /// <summary>Adds a request.</summary>
    /// <param name="id">Names the object.</param>
    /// <param name="size">Its bytes; 0 counts as 1, since everything takes room.</param>
    public void Add(ulong id, long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        size = Math.Max(size, 1);
        ref var place = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_objects, (id, size), out var exists);
        if (!exists)
        {
            place = _sizes.Count;
            _sizes.Add(size);
        }

        _requests.Add(place);
    }

    /// <summary>The requests so far.</summary>
    public Trace Build() => new([.. _requests], [.. _sizes]);
}

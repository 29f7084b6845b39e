namespace EdgeMesh.Lab.CacheSimulation.Traces;

/// <summary>Requests in their order, held in memory: 4 bytes a request and 8 an object.</summary>
/// <remarks>
/// An object is an id with a size: the same id with another size is another version of it, which the cached one cannot stand for. Immutable; thread-safe.
/// </remarks>
public sealed class Trace
{
    private readonly int[] _requests;
    private readonly long[] _sizes;

    /// <summary>Takes ownership of the arrays.</summary>
    /// <param name="requests">The object of each request, 0 to the number of objects - 1.</param>
    /// <param name="sizes">Bytes of each object, at least 1.</param>
    internal Trace(int[] requests, long[] sizes)
    {
        _requests = requests;
        _sizes = sizes;
        foreach (var size in sizes)
        {
            FootprintBytes += size;
        }
    }

    /// <summary>The object of each request.</summary>
    public ReadOnlySpan<int> Requests => _requests;

    /// <summary>Bytes of each object.</summary>
    public ReadOnlySpan<long> Sizes => _sizes;

    /// <inheritdoc cref="Sizes"/>
    internal ReadOnlyMemory<long> SizesMemory => _sizes;

    /// <summary>Sum of the bytes of all objects.</summary>
    public long FootprintBytes { get; }

    /// <summary>The same requests for objects of one byte each, so that capacities and ratios count objects.</summary>
    public Trace WithUnitSizes()
    {
        var ones = new long[_sizes.Length];
        Array.Fill(ones, 1);
        return new Trace(_requests, ones);
    }
}

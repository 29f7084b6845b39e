using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace EdgeMesh.Caching.Memory;

/// <summary>Zeroed native memory in chunks of one size, of which there may be one more at any time: growth copies nothing, and the collector sees one array of addresses.</summary>
/// <remarks>
/// Each chunk begins at a cache line, and stays where it is until the end. A field of its owner, which is not to be copied; one caller at a time for all but
/// <see cref="TryGet"/>. Its memory goes back with <see cref="Dispose"/> alone.
/// </remarks>
/// <param name="chunkBytes">Bytes of a chunk, at least 1.</param>
internal unsafe struct NativeChunks(int chunkBytes) : IDisposable
{
    private const int Alignment = 64;

    private nint[] _addresses = [];

    /// <summary>Chunks there are.</summary>
    public int Count { get; private set; }

    /// <summary>Memory of the chunks and of the array of their addresses.</summary>
    public readonly long Bytes => ((long)Count * chunkBytes) + ((long)_addresses.Length * sizeof(nint));

    /// <summary>Where a chunk begins.</summary>
    public readonly byte* this[int chunk]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (byte*)_addresses[chunk];
    }

    /// <summary>Where a chunk begins, for a thread that may be ahead of the one that adds it.</summary>
    /// <returns>Null when it is not there.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* TryGet(int chunk)
    {
        var addresses = Volatile.Read(ref _addresses);
        return (uint)chunk < (uint)addresses.Length ? (byte*)Volatile.Read(ref addresses[chunk]) : null;
    }

    /// <summary>Adds a chunk of zeros.</summary>
    public void Add()
    {
        if (Count == _addresses.Length)
        {
            // Doubling: the array is small, and copied seldom. Whoever reads meanwhile has the old one or the new.
            var more = new nint[Math.Max(4, 2 * Count)];
            _addresses.CopyTo(more, 0);
            Volatile.Write(ref _addresses, more);
        }

        var chunk = NativeMemory.AlignedAlloc((nuint)chunkBytes, Alignment);
        NativeMemory.Clear(chunk, (nuint)chunkBytes);
        Volatile.Write(ref _addresses[Count++], (nint)chunk);
    }

    /// <summary>Frees all chunks. Nobody may be reading.</summary>
    public void Dispose()
    {
        foreach (var chunk in _addresses.AsSpan(0, Count))
        {
            NativeMemory.AlignedFree((void*)chunk);
        }

        (_addresses, Count) = ([], 0);
    }
}

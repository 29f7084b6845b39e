using System.Buffers;
using EdgeMesh.Caching.Memory;

namespace EdgeMesh.Caching;

/// <summary>An entry that was found, readable in place until it is disposed of, on the thread that found it.</summary>
/// <remarks>
/// The bytes are the store's own. While this lives, nothing that the thread could read is freed, so it must be short: no wait
/// may come before <see cref="Dispose"/> (the compiler sees to that), and a large entry is written after <see cref="Hold"/>.
/// Allocates nothing.
/// </remarks>
public readonly ref struct CacheHit
{
    private readonly SlabStore? _store;
    private readonly ReadEpoch.Reader? _reader;
    private readonly byte[]? _array;
    private readonly ReadOnlySpan<byte> _head;
    private readonly uint _reference;

    internal CacheHit(SlabStore store, ReadEpoch.Reader reader, uint reference, ReadOnlySpan<byte> head, ReadOnlySpan<byte> frames, bool isLarge)
    {
        _store = store;
        _reader = reader;
        _reference = reference;
        _head = head;
        FirstFrames = frames;
        IsLarge = isLarge;
    }

    /// <summary>A hit on managed memory, which the collector keeps.</summary>
    internal CacheHit(ReadOnlySpan<byte> head, ReadOnlySpan<byte> frames, byte[] array)
    {
        _head = head;
        FirstFrames = frames;
        _array = array;
        IsLarge = frames.Length > SlabStore.MaxSmallBytes;
    }

    /// <summary>Whether there is an entry; false: a miss, and nothing else may be asked.</summary>
    public bool IsHit => !_head.IsEmpty;

    /// <summary>Lifetime and metadata.</summary>
    public EntryHead Head => new(_head);

    /// <summary>Whether the entry is too large to be copied at once: <see cref="Hold"/> it.</summary>
    public bool IsLarge { get; }

    /// <summary>The frames, all of them unless the entry is large.</summary>
    public ReadOnlySpan<byte> FirstFrames { get; }

    /// <summary>Keeps a large entry readable after this has been disposed of, on any thread.</summary>
    /// <returns>Null when the entry was taken out meanwhile: a miss.</returns>
    public HeldEntry? Hold() => _store is null ? HeldEntry.Of(_array!) : _store.TryHold(_reference);

    /// <summary>All frames in one array.</summary>
    /// <returns>Null when the entry was taken out meanwhile: a miss.</returns>
    public byte[]? CopyFrames()
    {
        if (!IsLarge)
        {
            return FirstFrames.ToArray();
        }

        using var held = Hold();
        return held?.Frames.ToArray();
    }

    /// <summary>Ends the reading.</summary>
    public void Dispose() => _reader?.Exit();
}

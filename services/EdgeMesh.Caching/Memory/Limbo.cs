namespace EdgeMesh.Caching.Memory;

/// <summary>What was taken out and may still be read, in order of its going.</summary>
/// <remarks>Belongs to the store's lock. One array of structs; it grows with what waits and is bounded by the readers' pace.</remarks>
internal sealed class Limbo
{
    private readonly Queue<Retired> _waiting = new();

    /// <summary>Things that wait.</summary>
    public int Count => _waiting.Count;

    /// <summary>Bytes of slots that wait.</summary>
    public long Bytes { get; private set; }

    /// <summary>Index segments that wait.</summary>
    public int Segments { get; private set; }

    /// <summary>Adds a slot that was just unlinked.</summary>
    public void AddSlot(uint reference, int bytes)
    {
        Bytes += bytes;
        _waiting.Enqueue(new Retired(ReadEpoch.Current, RetiredKind.Slot, (nint)reference, bytes));
    }

    /// <summary>Adds a link between an entry and a tag, or a tag.</summary>
    public void AddNumber(RetiredKind kind, uint number) => _waiting.Enqueue(new Retired(ReadEpoch.Current, kind, (nint)number, 0));

    /// <summary>Adds a segment of an index that was just replaced.</summary>
    public void AddSegment(nint segment)
    {
        Segments++;
        _waiting.Enqueue(new Retired(ReadEpoch.Current, RetiredKind.IndexSegment, segment, 0));
    }

    /// <summary>Takes the oldest, if it was retired before <paramref name="safeEpoch"/>.</summary>
    public bool TryTake(long safeEpoch, out Retired retired)
    {
        if (!_waiting.TryPeek(out retired) || retired.Epoch >= safeEpoch)
        {
            return false;
        }

        Bytes -= retired.Bytes;
        Segments -= retired.Kind == RetiredKind.IndexSegment ? 1 : 0;
        return _waiting.TryDequeue(out retired);
    }

    /// <summary>Takes the oldest, whoever may still read it: the store is at its end.</summary>
    public bool TryTakeLast(out Retired retired) => _waiting.TryDequeue(out retired);

    /// <summary>One thing in limbo.</summary>
    /// <param name="Epoch">When it was unlinked.</param>
    /// <param name="Kind">What it is.</param>
    /// <param name="What">Reference of a slot, number of a record, or address of a segment.</param>
    /// <param name="Bytes">Of a slot; else 0.</param>
    public readonly record struct Retired(long Epoch, RetiredKind Kind, nint What, int Bytes);
}

/// <summary>What may be in limbo.</summary>
internal enum RetiredKind
{
    /// <summary>A slot of a slab.</summary>
    Slot,

    /// <summary>A record of <see cref="Tags.TagLink"/>.</summary>
    TagLink,

    /// <summary>A record of <see cref="Tags.TagRecord"/>.</summary>
    Tag,

    /// <summary>A segment of an index.</summary>
    IndexSegment,
}

using EdgeMesh.Caching.Memory;

namespace EdgeMesh.Caching;

// How a large entry is held by who writes it out.
public sealed unsafe partial class SlabStore
{
    // Holders that are kept for the next ones: as many large answers as are commonly written at once.
    private readonly HeldEntry?[] _holders = new HeldEntry?[32];

    /// <summary>Holds the frames of an entry; the caller is in an epoch.</summary>
    /// <remarks>
    /// <code>
    /// (1) reader finds the block   (2) writer unlinks it and sets the dead bit: nobody holds it, so its pieces go to limbo
    /// (3a) reader's hold comes after the bit: refused, a miss    (3b) it came before: the last to let go sends the pieces to limbo
    /// (1) compaction sets the moving bit where nobody holds      (2) reader waits for the end of a copy, and holds what is there then
    /// </code>
    /// </remarks>
    internal HeldEntry? TryHold(uint reference)
    {
        var block = _memory.At(reference);
        ref var holds = ref Block.Extension(block)->Holds;
        var wait = default(SpinWait);
        while (true)
        {
            var seen = Volatile.Read(ref holds);
            if (seen < 0)
            {
                return null;
            }

            if ((seen & Block.MovingBit) != 0)
            {
                wait.SpinOnce();
            }
            else if (Interlocked.CompareExchange(ref holds, seen + 1, seen) == seen)
            {
                break;
            }
        }

        Interlocked.Increment(ref _holds);
        var held = TakeHolder();
        held.Begin(reference);
        var first = Block.FirstFrames(block);
        held.Add((byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref System.Runtime.InteropServices.MemoryMarshal.GetReference(first)), first.Length);
        var rest = (int)((BlockHeader*)block)->FramesBytes - first.Length;
        for (var next = Block.NextOfFirst(block); next != 0; next = ((PieceHeader*)_memory.At(next))->Next)
        {
            var bytes = BlockPlan.NextBytes(_slabs.Sizes, rest);
            held.Add(_memory.At(next) + sizeof(PieceHeader), bytes);
            rest -= bytes;
        }

        held.End();
        return held;
    }

    internal void Release(HeldEntry held)
    {
        var reference = held.Reference;
        var isLastOfDead = Interlocked.Decrement(ref Block.Extension(_memory.At(reference))->Holds) == Block.DeadBit;
        ReturnHolder(held);
        lock (_lock)
        {
            if (!ReleaseMemoryLocked() && isLastOfDead)
            {
                _orphanBytes -= BytesOf(reference);
                RetireLocked(reference);
                SettleLocked();
            }
        }
    }

    /// <summary>Counts one hold less; frees the memory of an ended store with the last.</summary>
    /// <returns>Whether the store has ended.</returns>
    private bool ReleaseMemoryLocked()
    {
        if (Interlocked.Decrement(ref _holds) == 0 && _isDisposed)
        {
            _memory.Dispose();
        }

        return _isDisposed;
    }

    private HeldEntry TakeHolder()
    {
        foreach (ref var place in _holders.AsSpan())
        {
            if (place is not null && Interlocked.Exchange(ref place, null) is { } holder)
            {
                return holder;
            }
        }

        return new HeldEntry(this);
    }

    private void ReturnHolder(HeldEntry holder)
    {
        foreach (ref var place in _holders.AsSpan())
        {
            if (place is null && Interlocked.CompareExchange(ref place, holder, null) is null)
            {
                return;
            }
        }
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace EdgeMesh.Caching.Memory;

/// <summary>Tells when nobody can still be reading what was taken out of a store: epoch-based reclamation (Fraser 2004).</summary>
/// <remarks>
/// A reader enters, follows references into native memory, and leaves; a writer unlinks a block, notes the epoch, and frees it
/// once <see cref="Advance"/> says that every reader inside has entered since. One epoch and one table of readers for the
/// process: a thread has one cell, however many stores it reads. Entering is one plain store, because the rare writer pays
/// for the fence that every reader would need (`membarrier`, as in liburcu):
/// <code>
/// (1) reader loads epoch 7    (2) writer unlinks B, retires it at 7, moves to 8    (3) writer's fence reaches all cores
/// (4a) reader's cell was 7 before the fence: the writer sees it and waits
/// (4b) it was not: the reader's later loads come after the fence, so it cannot find B
/// </code>
/// A thread's cell returns to the table when the thread has ended (finalizer). Thread-safe.
/// </remarks>
internal static class ReadEpoch
{
    private const int ChunkCells = 64;
    private const long Idle = long.MaxValue;

    private static readonly Lock Gate = new();
    private static readonly Stack<Reader> Free = new();
    private static Reader[] _readers = [];
    private static long _epoch = 1;

    [ThreadStatic]
    private static Owner? _owner;

    /// <summary>The epoch that a retired block is noted with, read after it was unlinked.</summary>
    public static long Current => Volatile.Read(ref _epoch);

    /// <summary>Enters on this thread. Nests; <see cref="Reader.Exit"/> undoes it, on the same thread.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Reader Enter()
    {
        var reader = (_owner ?? Register()).Reader;
        reader.Enter();
        return reader;
    }

    /// <summary>Moves to the next epoch.</summary>
    /// <returns>Blocks that were retired before this epoch are nobody's any more.</returns>
    public static long Advance()
    {
        var safe = Interlocked.Increment(ref _epoch);
        Interlocked.MemoryBarrierProcessWide();
        foreach (var reader in Volatile.Read(ref _readers))
        {
            safe = Math.Min(safe, reader.Epoch);
        }

        return safe;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Owner Register()
    {
        lock (Gate)
        {
            if (Free.Count == 0)
            {
                AddChunk();
            }

            return _owner = new Owner(Free.Pop());
        }
    }

    private static unsafe void AddChunk()
    {
        // Never freed: as many cells as threads ever read at once.
        var cells = (Cell*)NativeMemory.AlignedAlloc((nuint)(sizeof(Cell) * ChunkCells), (nuint)sizeof(Cell));
        var first = _readers.Length;
        var more = new Reader[ChunkCells];
        for (var i = 0; i < ChunkCells; i++)
        {
            more[i] = new Reader(cells + i, first + i);
        }

        Volatile.Write(ref _readers, [.. _readers, .. more]);
        for (var i = ChunkCells - 1; i >= 0; i--)
        {
            Free.Push(more[i]);
        }
    }

    /// <summary>One thread's place among the readers. All that changes is in its cell: these objects lie side by side.</summary>
    internal sealed unsafe class Reader
    {
        private readonly Cell* _cell;

        public Reader(Cell* cell, int index)
        {
            _cell = cell;
            *cell = new Cell { Epoch = Idle };
            Index = index;
        }

        /// <summary>Dense, from 0; no two living threads have the same.</summary>
        public int Index { get; }

        public long Epoch => Volatile.Read(ref _cell->Epoch);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Enter()
        {
            if (_cell->Depth++ == 0)
            {
                Volatile.Write(ref _cell->Epoch, Volatile.Read(ref _epoch));
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Exit()
        {
            if (--_cell->Depth == 0)
            {
                Volatile.Write(ref _cell->Epoch, Idle);
            }
        }
    }

    /// <summary>Two cache lines: the prefetcher pulls pairs, and cells must not be shared.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 128)]
    internal struct Cell
    {
        public long Epoch;
        public int Depth;
    }

    private sealed class Owner(Reader reader)
    {
        public Reader Reader { get; } = reader;

        ~Owner()
        {
            lock (Gate)
            {
                Free.Push(Reader);
            }
        }
    }
}

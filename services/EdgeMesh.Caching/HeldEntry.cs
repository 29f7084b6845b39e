using System.Buffers;

namespace EdgeMesh.Caching;

/// <summary>The frames of a large entry, held until this is disposed of.</summary>
/// <remarks>
/// Its memory is counted and stays within the store's budget, also when the entry is evicted or purged meanwhile: whoever holds
/// one bounds the time. Belongs to one caller; pooled by its store, so it must not be touched after <see cref="Dispose"/>.
/// </remarks>
public sealed unsafe class HeldEntry : IDisposable
{
    private readonly List<Segment> _segments = [];
    private readonly SlabStore? _store;
    private int _used;

    internal HeldEntry(SlabStore? store) => _store = store;

    /// <summary>The frames.</summary>
    public ReadOnlySequence<byte> Frames { get; private set; }

    internal uint Reference { get; private set; }

    /// <summary>Lets go.</summary>
    public void Dispose()
    {
        Frames = default;
        for (var i = 0; i < _used; i++)
        {
            _segments[i].Clear();
        }

        _used = 0;
        _store?.Release(this);
    }

    internal static HeldEntry Of(byte[] array) => new(null) { Frames = new ReadOnlySequence<byte>(array) };

    internal void Begin(uint reference) => Reference = reference;

    /// <summary>Appends a piece.</summary>
    internal void Add(byte* at, int bytes)
    {
        if (_used == _segments.Count)
        {
            _segments.Add(new Segment());
        }

        _segments[_used].Set(at, bytes, _used == 0 ? null : _segments[_used - 1]);
        _used++;
    }

    internal void End() => Frames = new ReadOnlySequence<byte>(_segments[0], 0, _segments[_used - 1], _segments[_used - 1].Memory.Length);

    /// <summary>One piece, as a view on native memory.</summary>
    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        private readonly NativePiece _piece = new();

        public void Set(byte* at, int bytes, Segment? previous)
        {
            _piece.Set(at, bytes);
            Memory = _piece.Memory;
            RunningIndex = previous is null ? 0 : previous.RunningIndex + previous.Memory.Length;
            Next = null;
            if (previous is not null)
            {
                previous.Next = this;
            }
        }

        public void Clear()
        {
            Memory = default;
            Next = null;
            _piece.Set(null, 0);
        }
    }

    private sealed class NativePiece : MemoryManager<byte>
    {
        private byte* _at;
        private int _bytes;

        public void Set(byte* at, int bytes)
        {
            _at = at;
            _bytes = bytes;
        }

        public override Span<byte> GetSpan() => new(_at, _bytes);

        public override MemoryHandle Pin(int elementIndex = 0) => new(_at + elementIndex);

        public override void Unpin()
        {
            // Native memory does not move.
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}

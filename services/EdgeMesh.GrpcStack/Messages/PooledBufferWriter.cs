using System.Buffers;

namespace EdgeMesh.GrpcStack.Messages;

/// <summary>A growing buffer on rented arrays. Dispose it to give them back.</summary>
/// <remarks>Not thread-safe. Doubles when full, so that n bytes cost at most 2n of copying.</remarks>
internal sealed class PooledBufferWriter(int initialCapacityBytes = PooledBufferWriter.DefaultCapacityBytes) : IBufferWriter<byte>, IDisposable
{
    /// <summary>Most messages of a request and answer kind fit.</summary>
    private const int DefaultCapacityBytes = 1024;

    private byte[] _array = ArrayPool<byte>.Shared.Rent(Math.Max(1, initialCapacityBytes));
    private int _written;

    public ReadOnlyMemory<byte> WrittenMemory => _array.AsMemory(0, _written);

    public int WrittenCount => _written;

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _array.Length - _written);
        _written += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _array.AsMemory(_written);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _array.AsSpan(_written);
    }

    public void Dispose()
    {
        var array = _array;
        _array = [];
        _written = 0;
        if (array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }

    private void Reserve(int sizeHint)
    {
        var needed = Math.Max(1, sizeHint);
        if (_array.Length - _written >= needed)
        {
            return;
        }

        var doubled = Math.Min((long)_array.Length * 2, Array.MaxLength);
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Max(doubled, checked(_written + needed)));
        _array.AsSpan(0, _written).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_array);
        _array = larger;
    }
}

using System.Buffers.Binary;

namespace EdgeMesh.Introspection;

/// <summary>Writes protobuf wire format into a growing buffer. Not thread-safe.</summary>
internal sealed class WireWriter
{
    private byte[] _buffer = new byte[256];
    private int _length;

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    public void Tag(int number, WireType type) => Varint(((ulong)number << 3) | (uint)type);

    public void Varint(ulong value)
    {
        Reserve(10);
        while (value >= 0x80)
        {
            _buffer[_length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        _buffer[_length++] = (byte)value;
    }

    public void Fixed32(uint value)
    {
        Reserve(4);
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(_length), value);
        _length += 4;
    }

    public void Fixed64(ulong value)
    {
        Reserve(8);
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer.AsSpan(_length), value);
        _length += 8;
    }

    public void Bytes(ReadOnlySpan<byte> value)
    {
        Varint((uint)value.Length);
        Raw(value);
    }

    public void Raw(ReadOnlySpan<byte> value)
    {
        Reserve(value.Length);
        value.CopyTo(_buffer.AsSpan(_length));
        _length += value.Length;
    }

    /// <summary>Starts a length-delimited value whose length is not known yet.</summary>
    /// <returns>What <see cref="EndLength"/> takes.</returns>
    public int BeginLength()
    {
        Reserve(1);
        return ++_length;
    }

    /// <summary>Puts the length before what was written since. One byte is kept for it; longer lengths move the value.</summary>
    public void EndLength(int start)
    {
        var length = _length - start;
        var size = 1;
        for (var rest = length >> 7; rest > 0; rest >>= 7)
        {
            size++;
        }

        if (size > 1)
        {
            Reserve(size - 1);
            _buffer.AsSpan(start, length).CopyTo(_buffer.AsSpan(start + size - 1));
        }

        _length = start - 1;
        Varint((uint)length);
        _length += length;
    }

    private void Reserve(int size)
    {
        if (_buffer.Length - _length < size)
        {
            Array.Resize(ref _buffer, checked(Math.Max(_buffer.Length * 2, _length + size)));
        }
    }
}

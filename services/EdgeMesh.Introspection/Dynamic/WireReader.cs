using System.Buffers.Binary;

namespace EdgeMesh.Introspection;

/// <summary>Reads protobuf wire format. Every method fails on truncated or malformed bytes with <see cref="FormatException"/>.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Bytes read so far.</summary>
    public int Position { get; private set; }

    public readonly bool AtEnd => Position == _bytes.Length;

    public (int Number, WireType Type) Tag()
    {
        var at = Position;
        var tag = Varint();
        var number = tag >> 3;
        return tag > uint.MaxValue || number == 0 ? throw new FormatException($"a tag of {tag} at byte {at} is no field")
            : (tag & 7) > 5 ? throw new FormatException($"wire type {tag & 7} at byte {at} does not exist")
            : ((int)number, (WireType)(tag & 7));
    }

    public ulong Varint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (AtEnd)
            {
                throw Truncated();
            }

            var next = _bytes[Position++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new FormatException($"a varint before byte {Position} is longer than 10 bytes");
    }

    public uint Fixed32() => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.Slice(Advance(4), 4));

    public ulong Fixed64() => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.Slice(Advance(8), 8));

    /// <summary>Where a length-delimited value lies.</summary>
    public (int Start, int Length) Slice()
    {
        var length = Varint();
        return length > int.MaxValue ? throw Truncated() : (Advance((int)length), (int)length);
    }

    /// <summary>Where a group's fields lie, once its start tag is read; reads its end tag too.</summary>
    public (int Start, int Length) Group(int number, int maxDepth)
    {
        var start = Position;
        var open = new Stack<int>();
        open.Push(number);
        while (true)
        {
            if (AtEnd)
            {
                throw Truncated();
            }

            var before = Position;
            var (next, type) = Tag();
            switch (type)
            {
                case WireType.StartGroup when open.Count >= maxDepth:
                    throw new FormatException($"groups nested deeper than {maxDepth} at byte {before}");
                case WireType.StartGroup:
                    open.Push(next);
                    break;
                case WireType.EndGroup when open.Pop() != next:
                    throw new FormatException($"the end of group {next} at byte {before} has no start");
                case WireType.EndGroup when open.Count == 0:
                    return (start, before - start);
                case WireType.EndGroup:
                    break;
                default:
                    Skip(next, type, maxDepth);
                    break;
            }
        }
    }

    /// <summary>Passes over a value.</summary>
    public void Skip(int number, WireType type, int maxDepth)
    {
        switch (type)
        {
            case WireType.Varint:
                Varint();
                break;
            case WireType.Fixed64:
                Advance(8);
                break;
            case WireType.Fixed32:
                Advance(4);
                break;
            case WireType.LengthDelimited:
                Slice();
                break;
            case WireType.StartGroup:
                Group(number, maxDepth);
                break;
            default:
                throw new FormatException($"the end of group {number} before byte {Position} has no start");
        }
    }

    private int Advance(int size)
    {
        if (size > _bytes.Length - Position)
        {
            throw Truncated();
        }

        var at = Position;
        Position += size;
        return at;
    }

    private readonly FormatException Truncated() => new($"the bytes end within a value that begins before byte {Position} of {_bytes.Length}");
}

namespace EdgeMesh.Relay.Policies;

/// <summary>Goes over the fields of a message as they lie on the wire.</summary>
/// <remarks>Strict: what a parser might read otherwise ends the walk with <see cref="IsBroken"/>. Allocates nothing.</remarks>
internal ref struct WireFields(ReadOnlySpan<byte> message)
{
    // As deep as protobuf's own parsers go.
    private const int MaxGroups = 100;

    private readonly ReadOnlySpan<byte> _message = message;
    private int _at;

    /// <summary>Where the present field's tag begins.</summary>
    public int Start { get; private set; }

    /// <summary>Where its value begins; of a length-delimited one: after the length.</summary>
    public int ValueStart { get; private set; }

    /// <summary>Where the next field begins.</summary>
    public readonly int End => _at;

    public uint Number { get; private set; }

    public WireKind Kind { get; private set; }

    /// <summary>Whether the message is malformed.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>The present field's value, its length aside.</summary>
    public readonly ReadOnlySpan<byte> Value => _message[ValueStart.._at];

    /// <summary>Goes to the next field.</summary>
    /// <returns>False at the end, or where the message is malformed.</returns>
    public bool MoveNext()
    {
        if (_at == _message.Length)
        {
            return false;
        }

        Start = _at;
        if (TryTag(out var number, out var kind) && kind != WireKind.EndGroup)
        {
            (Number, Kind) = (number, kind);
            ValueStart = _at;
            if (kind == WireKind.StartGroup ? TrySkipGroup(number) : TrySkip(kind))
            {
                return true;
            }
        }

        IsBroken = true;
        return false;
    }

    /// <summary>Reads a varint at the beginning of bytes.</summary>
    /// <param name="length">Bytes that it takes.</param>
    /// <returns>False when it is cut off or longer than 64 bits.</returns>
    public static bool TryReadVarint(ReadOnlySpan<byte> bytes, out ulong value, out int length)
    {
        value = 0;
        for (length = 0; length < bytes.Length && length < 10;)
        {
            var next = bytes[length];
            value |= (ulong)(next & 0x7F) << (7 * length);
            length++;
            if (next < 0x80)
            {
                return length < 10 || next <= 1;
            }
        }

        return false;
    }

    private bool TryTag(out uint number, out WireKind kind)
    {
        var isRead = TryReadVarint(_message[_at..], out var tag, out var length) && tag <= uint.MaxValue && (tag & 7) <= 5;
        _at += length;
        (number, kind) = ((uint)(tag >> 3), (WireKind)(tag & 7));
        return isRead && number != 0;
    }

    private bool TrySkip(WireKind kind)
    {
        switch (kind)
        {
            case WireKind.Varint:
                var isRead = TryReadVarint(_message[_at..], out _, out var bytes);
                _at += bytes;
                return isRead;
            case WireKind.Fixed32:
                return TryAdvance(sizeof(uint));
            case WireKind.Fixed64:
                return TryAdvance(sizeof(ulong));
            case WireKind.LengthDelimited:
                if (!TryReadVarint(_message[_at..], out var size, out var prefix) || size > int.MaxValue)
                {
                    return false;
                }

                _at += prefix;
                ValueStart = _at;
                return TryAdvance((int)size);
            default:
                return false;
        }
    }

    /// <summary>Passes over a group, its end tag included; those within must end in order.</summary>
    private bool TrySkipGroup(uint number)
    {
        Span<uint> open = stackalloc uint[MaxGroups];
        open[0] = number;
        var valueStart = ValueStart;
        for (var depth = 1; depth > 0;)
        {
            if (_at == _message.Length || !TryTag(out var next, out var kind))
            {
                return false;
            }

            switch (kind)
            {
                case WireKind.StartGroup when depth == MaxGroups:
                    return false;
                case WireKind.StartGroup:
                    open[depth++] = next;
                    break;
                case WireKind.EndGroup when open[--depth] != next:
                    return false;
                case WireKind.EndGroup:
                    break;
                default:
                    if (!TrySkip(kind))
                    {
                        return false;
                    }

                    break;
            }
        }

        ValueStart = valueStart;
        return true;
    }

    private bool TryAdvance(int bytes)
    {
        if (bytes > _message.Length - _at)
        {
            return false;
        }

        _at += bytes;
        return true;
    }
}

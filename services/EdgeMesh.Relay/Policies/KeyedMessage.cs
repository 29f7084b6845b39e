using System.Buffers;

namespace EdgeMesh.Relay.Policies;

/// <summary>Writes what of a message is in the key: without ignored fields, in order of number, lists of numbers packed.</summary>
/// <remarks>
/// Two messages get the same bytes only if they mean the same to every parser, ignored fields aside; when in doubt they differ:
/// <list type="bullet">
/// <item>A malformed message has no such bytes at all.</item>
/// <item>Fields that are not known, or come in another wire type than theirs, stay as they are. Where there is one, fields keep their order: it may share a oneof
/// with another, of which the last on the wire counts. So they do where two fields of one oneof come.</item>
/// <item>An ignored field of a oneof, or of a message whose oneofs are not known, leaves its tag: that it came may unset another.</item>
/// <item>A field that comes twice stays twice.</item>
/// <item>Entries of a map are put in order of their keys (<see cref="MapEntries"/>), unless a key comes twice: then the last on the wire counts.</item>
/// </list>
/// Stateless; thread-safe. Allocates nothing for messages of up to <see cref="StackFields"/> fields.
/// </remarks>
internal static class KeyedMessage
{
    // Fields of a message that are put in order on the stack; more are in rented memory.
    private const int StackFields = 24;

    // Bytes of the longest length prefix.
    private const int MaxPrefixBytes = 5;

    // Bytes for the prefixes of messages within messages while they are written: FieldPath's depth, and the message itself.
    private const int MaxOpenPrefixBytes = 16 * MaxPrefixBytes;

    /// <summary>Bytes that are enough for a message: a number of two bytes, packed as a list of one, takes a byte more.</summary>
    public static int MaxLength(int messageLength) => (2 * messageLength) + MaxOpenPrefixBytes;

    /// <summary>Writes a message's part of the key.</summary>
    /// <param name="to">Has room for <see cref="MaxLength"/>.</param>
    /// <returns>False when the message is malformed.</returns>
    public static bool TryWrite(MessageShape shape, ReadOnlySpan<byte> message, Span<byte> to, out int written)
    {
        Span<Slot> slots = stackalloc Slot[StackFields];
        written = 0;
        var count = 0;
        Slot[]? rented = null;
        try
        {
            // 1. The fields that stay.
            var fields = new WireFields(message);
            var (isOrdered, mayOrder, oneofs) = (true, shape.IsComplete, 0UL);
            while (fields.MoveNext())
            {
                var index = shape.Find(fields.Number);
                var field = index < 0 ? null : shape.Fields[index];
                if (field is not null && !(field.Fits(fields.Kind) && HasWholeValues(field, fields)))
                {
                    (index, field) = (-1, null);
                }

                mayOrder &= field is not null;
                if (field is { Oneof: > 0 })
                {
                    // Oneofs past the 63rd share a bit: that costs order where it might have stayed.
                    var bit = 1UL << (field.Oneof & 63);
                    mayOrder &= (oneofs & bit) == 0;
                    oneofs |= bit;
                }

                if (field is { IsIgnored: true, Oneof: 0 } && shape.IsComplete)
                {
                    continue;
                }

                if (count == slots.Length)
                {
                    slots = Grow(slots, ref rented);
                }

                isOrdered &= count == 0 || slots[count - 1].Number <= fields.Number;
                slots[count++] = new Slot(fields.Number, count, fields.Start, fields.ValueStart, fields.End, fields.Kind, index);
            }

            if (fields.IsBroken)
            {
                return false;
            }

            // 2. In order.
            if (mayOrder && !isOrdered)
            {
                slots[..count].Sort();
            }

            if (mayOrder && shape.HasMaps)
            {
                OrderMaps(shape, message, slots[..count]);
            }

            // 3. Written.
            for (var i = 0; i < count;)
            {
                ref readonly var slot = ref slots[i];
                var field = slot.Field < 0 ? null : shape.Fields[slot.Field];
                if (field is { IsIgnored: true })
                {
                    var tag = message[slot.Start..TagEnd(message, slot)];
                    tag.CopyTo(to[written..]);
                    written += tag.Length;
                    i++;
                }
                else if (field is { IsPackable: true })
                {
                    i += WritePacked(message, slots[i..count], to, ref written);
                }
                else if (field is { Message: { } inner } && slot.Kind == WireKind.LengthDelimited)
                {
                    if (!TryWriteMessage(inner, message, slot, to, ref written))
                    {
                        return false;
                    }

                    i++;
                }
                else
                {
                    var bytes = message[slot.Start..slot.End];
                    bytes.CopyTo(to[written..]);
                    written += bytes.Length;
                    i++;
                }
            }

            return true;
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<Slot>.Shared.Return(rented);
            }
        }
    }

    /// <summary>Puts the entries of each map in order, where the slots are in order of number.</summary>
    private static void OrderMaps(MessageShape shape, ReadOnlySpan<byte> message, Span<Slot> slots)
    {
        for (var from = 0; from < slots.Length;)
        {
            var to = from + 1;
            while (to < slots.Length && slots[to].Field == slots[from].Field)
            {
                to++;
            }

            if (to - from > 1 && shape.Fields[slots[from].Field] is { IsMap: true, IsIgnored: false, Message: { } entry })
            {
                OrderMap(entry, message, slots[from..to]);
            }

            from = to;
        }
    }

    private static void OrderMap(MessageShape entry, ReadOnlySpan<byte> message, Span<Slot> entries)
    {
        if (entries.Length > MapEntries.Max)
        {
            return;
        }

        // 1. Every key, where it lies; or none is moved.
        Span<Range> keys = stackalloc Range[MapEntries.Max];
        for (var i = 0; i < entries.Length; i++)
        {
            if (!MapEntries.TryFindKey(entry, message[entries[i].ValueStart..entries[i].End], out var key))
            {
                return;
            }

            keys[i] = (key.Start.Value + entries[i].ValueStart)..(key.End.Value + entries[i].ValueStart);
        }

        // 2. In order, and each once.
        Span<Slot> ordered = stackalloc Slot[MapEntries.Max];
        for (var i = 0; i < entries.Length; i++)
        {
            var at = i;
            for (; at > 0; at--)
            {
                var order = message[keys[at - 1]].SequenceCompareTo(message[keys[at]]);
                if (order == 0)
                {
                    return;
                }

                if (order < 0)
                {
                    break;
                }

                (keys[at - 1], keys[at]) = (keys[at], keys[at - 1]);
                ordered[at] = ordered[at - 1];
            }

            ordered[at] = entries[i];
        }

        ordered[..entries.Length].CopyTo(entries);
    }

    /// <summary>Whether a packed list ends with a whole value.</summary>
    private static bool HasWholeValues(FieldShape field, in WireFields fields)
    {
        if (!field.IsPackable || fields.Kind != WireKind.LengthDelimited)
        {
            return true;
        }

        var values = fields.Value;
        switch (field.Scalar)
        {
            case WireKind.Fixed32:
                return values.Length % sizeof(uint) == 0;
            case WireKind.Fixed64:
                return values.Length % sizeof(ulong) == 0;
        }

        while (!values.IsEmpty)
        {
            if (!WireFields.TryReadVarint(values, out _, out var length))
            {
                return false;
            }

            values = values[length..];
        }

        return true;
    }

    private static Span<Slot> Grow(Span<Slot> slots, ref Slot[]? rented)
    {
        var larger = ArrayPool<Slot>.Shared.Rent(slots.Length * 4);
        slots.CopyTo(larger);
        if (rented is not null)
        {
            ArrayPool<Slot>.Shared.Return(rented);
        }

        rented = larger;
        return larger;
    }

    /// <summary>Writes a list of numbers as one field: all that follow one another.</summary>
    /// <returns>How many fields they came in.</returns>
    private static int WritePacked(ReadOnlySpan<byte> message, ReadOnlySpan<Slot> slots, Span<byte> to, ref int written)
    {
        var (fields, bytes) = (0, 0);
        while (fields < slots.Length && slots[fields].Field == slots[0].Field)
        {
            bytes += slots[fields].End - slots[fields].ValueStart;
            fields++;
        }

        written += WriteVarint(to[written..], ((ulong)slots[0].Number << 3) | (ulong)WireKind.LengthDelimited);
        written += WriteVarint(to[written..], (ulong)bytes);
        foreach (ref readonly var slot in slots[..fields])
        {
            var value = message[slot.ValueStart..slot.End];
            value.CopyTo(to[written..]);
            written += value.Length;
        }

        return fields;
    }

    private static bool TryWriteMessage(MessageShape shape, ReadOnlySpan<byte> message, in Slot slot, Span<byte> to, ref int written)
    {
        written += WriteVarint(to[written..], ((ulong)slot.Number << 3) | (ulong)WireKind.LengthDelimited);

        // Its length is known when it is written.
        var content = to[(written + MaxPrefixBytes)..];
        if (!TryWrite(shape, message[slot.ValueStart..slot.End], content, out var length))
        {
            return false;
        }

        var prefix = WriteVarint(to[written..], (ulong)length);
        content[..length].CopyTo(to[(written + prefix)..]);
        written += prefix + length;
        return true;
    }

    private static int TagEnd(ReadOnlySpan<byte> message, in Slot slot)
    {
        WireFields.TryReadVarint(message[slot.Start..], out _, out var length);
        return slot.Start + length;
    }

    private static int WriteVarint(Span<byte> to, ulong value)
    {
        var at = 0;
        while (value >= 0x80)
        {
            to[at++] = (byte)(value | 0x80);
            value >>= 7;
        }

        to[at++] = (byte)value;
        return at;
    }

    private readonly record struct Slot(uint Number, int Index, int Start, int ValueStart, int End, WireKind Kind, int Field) : IComparable<Slot>
    {
        public int CompareTo(Slot other) => Number != other.Number ? Number.CompareTo(other.Number) : Index.CompareTo(other.Index);
    }
}

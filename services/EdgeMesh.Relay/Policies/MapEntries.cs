using EdgeMesh.V1;

namespace EdgeMesh.Relay.Policies;

/// <summary>Reads the keys of a map's entries, so that two messages whose maps are equal get the same bytes in whatever order the entries come.</summary>
/// <remarks>Protobuf encoding, "Maps": a map is a repeated message of key = 1 and value = 2, and the order of its entries is undefined. Stateless; thread-safe; allocates nothing.</remarks>
internal static class MapEntries
{
    /// <summary>Entries of a map that are put in order, by insertion; those of a larger one are compared as they come.</summary>
    public const int Max = 32;

    private const uint KeyNumber = 1;
    private const uint ValueNumber = 2;

    /// <summary>Finds the key of an entry that is written as libraries do: a key, then a value, and nothing else.</summary>
    /// <param name="shape">What is known of the entries.</param>
    /// <param name="key">Where its bytes lie.</param>
    /// <returns>False when it is written otherwise, or its key in a way in which an equal one might have other bytes.</returns>
    public static bool TryFindKey(MessageShape shape, ReadOnlySpan<byte> entry, out Range key)
    {
        key = default;
        var fields = new WireFields(entry);
        if (shape.Find(KeyNumber) is not (>= 0 and var index) || !fields.MoveNext() || fields.Number != KeyNumber || !shape.Fields[index].Fits(fields.Kind))
        {
            return false;
        }

        key = fields.ValueStart..fields.End;
        var isSure = fields.Kind != WireKind.Varint || IsSure(fields.Value, shape.Fields[index].Encoding == FieldEncoding.Bool);
        return isSure && fields.MoveNext() && fields.Number == ValueNumber && !fields.MoveNext() && !fields.IsBroken;
    }

    /// <summary>Whether a whole number is written as short as can be, and reads the same with 32 bits as with 64.</summary>
    private static bool IsSure(ReadOnlySpan<byte> varint, bool isBool) =>
        WireFields.TryReadVarint(varint, out var value, out _) && (varint.Length == 1 || varint[^1] != 0) && (isBool ? value <= 1 : value <= int.MaxValue || value >= unchecked((ulong)int.MinValue));
}

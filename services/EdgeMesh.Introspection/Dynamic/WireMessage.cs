using Google.Protobuf.Reflection;

namespace EdgeMesh.Introspection;

/// <summary>One message's fields as they lay on the wire, by the rules for repeats: the last scalar wins, a oneof keeps its last member, lists keep all.</summary>
internal sealed class WireMessage
{
    private readonly Dictionary<FieldDescriptor, List<WireScalar>> _values = [];
    private Dictionary<OneofDescriptor, FieldDescriptor>? _oneofs;

    /// <summary>Fields that are there.</summary>
    public IEnumerable<FieldDescriptor> Fields => _values.Keys;

    /// <summary>Field values that the type does not have, or that have another layout than the type's.</summary>
    public int UnknownFields { get; private set; }

    /// <exception cref="FormatException">The bytes are no message.</exception>
    public static WireMessage Read(MessageDescriptor type, ReadOnlyMemory<byte> wire, MessageFields fields, int maxDepth)
    {
        var message = new WireMessage();
        var reader = new WireReader(wire.Span);
        while (!reader.AtEnd)
        {
            var (number, wireType) = reader.Tag();
            var field = fields.Find(type, number);
            if (field is null || !Fits(field, wireType))
            {
                reader.Skip(number, wireType, maxDepth);
                message.UnknownFields++;
                continue;
            }

            var (start, length) = (0, 0);
            var bits = 0UL;
            switch (wireType)
            {
                case WireType.Varint:
                    bits = reader.Varint();
                    break;
                case WireType.Fixed32:
                    bits = reader.Fixed32();
                    break;
                case WireType.Fixed64:
                    bits = reader.Fixed64();
                    break;
                case WireType.LengthDelimited:
                    (start, length) = reader.Slice();
                    break;
                default:
                    (start, length) = reader.Group(number, maxDepth);
                    break;
            }

            message.Add(field, new WireScalar(wireType, bits, wire.Slice(start, length)));
        }

        return message;
    }

    /// <summary>All values of a field, in order. A packed list is one value of <see cref="WireType.LengthDelimited"/>.</summary>
    public IReadOnlyList<WireScalar> All(FieldDescriptor field) => _values.TryGetValue(field, out var values) ? values : [];

    public bool Has(FieldDescriptor field) => _values.ContainsKey(field);

    /// <summary>A singular scalar, or its type's default.</summary>
    public WireScalar Scalar(FieldDescriptor field) => _values.TryGetValue(field, out var values) ? values[^1]
        : field.FieldType == FieldType.Enum && field.EnumType.Values is [var first, ..] ? new WireScalar(WireType.Varint, (ulong)first.Number, default)
        : default;

    /// <summary>A singular message's bytes: those of all its occurrences, which is what merging them means.</summary>
    public ReadOnlyMemory<byte> Message(FieldDescriptor field)
    {
        var values = All(field);
        if (values.Count <= 1)
        {
            return values.Count == 0 ? default : values[0].Bytes;
        }

        var merged = new byte[values.Sum(value => value.Bytes.Length)];
        var at = 0;
        foreach (var value in values)
        {
            value.Bytes.CopyTo(merged.AsMemory(at));
            at += value.Bytes.Length;
        }

        return merged;
    }

    private void Add(FieldDescriptor field, WireScalar value)
    {
        if (field.RealContainingOneof is { } oneof)
        {
            _oneofs ??= [];
            if (_oneofs.TryGetValue(oneof, out var other) && other != field)
            {
                _values.Remove(other);
            }

            _oneofs[oneof] = field;
        }

        if (!_values.TryGetValue(field, out var values))
        {
            _values.Add(field, values = []);
        }

        if (!field.IsRepeated && !MessageFields.IsMessage(field))
        {
            values.Clear();
        }

        values.Add(value);
    }

    // Readers take packed and unpacked lists, groups and messages with a length, whichever is declared.
    private static bool Fits(FieldDescriptor field, WireType type) => type switch
    {
        WireType.LengthDelimited when MessageFields.IsPackable(field) => true,
        WireType.LengthDelimited or WireType.StartGroup when MessageFields.IsMessage(field) => type == WireType.LengthDelimited || !field.IsMap,
        _ => type == WireTypes.Of(field.FieldType),
    };
}

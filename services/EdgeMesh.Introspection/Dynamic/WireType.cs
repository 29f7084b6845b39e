using Google.Protobuf.Reflection;

namespace EdgeMesh.Introspection;

/// <summary>How a field's value is laid out (protobuf encoding, "Message Structure").</summary>
internal enum WireType
{
    Varint = 0,
    Fixed64 = 1,
    LengthDelimited = 2,
    StartGroup = 3,
    EndGroup = 4,
    Fixed32 = 5,
}

/// <summary>Which layout a field type has.</summary>
internal static class WireTypes
{
    public static WireType Of(FieldType type) => type switch
    {
        FieldType.Double or FieldType.Fixed64 or FieldType.SFixed64 => WireType.Fixed64,
        FieldType.Float or FieldType.Fixed32 or FieldType.SFixed32 => WireType.Fixed32,
        FieldType.String or FieldType.Bytes or FieldType.Message or FieldType.Group => WireType.LengthDelimited,
        _ => WireType.Varint,
    };
}

using Google.Protobuf.Reflection;

namespace EdgeMesh.Introspection;

/// <summary>Which of protobuf's own types, with JSON of its own, a message is.</summary>
internal enum WellKnownKind
{
    None,
    Any,
    Timestamp,
    Duration,
    FieldMask,
    Struct,
    Value,
    ListValue,
    Wrapper,
}

/// <summary>Protobuf's own types by name: dynamic descriptors have no generated type to compare with.</summary>
internal static class WellKnown
{
    /// <summary>The kind; <see cref="WellKnownKind.None"/> too for a type of that name that lacks the fields of the real one.</summary>
    public static WellKnownKind KindOf(MessageDescriptor type)
    {
        if (type.File.Package != "google.protobuf")
        {
            return WellKnownKind.None;
        }

        var kind = type.FullName["google.protobuf.".Length..] switch
        {
            "Any" => WellKnownKind.Any,
            "Timestamp" => WellKnownKind.Timestamp,
            "Duration" => WellKnownKind.Duration,
            "FieldMask" => WellKnownKind.FieldMask,
            "Struct" => WellKnownKind.Struct,
            "Value" => WellKnownKind.Value,
            "ListValue" => WellKnownKind.ListValue,
            "DoubleValue" or "FloatValue" or "Int64Value" or "UInt64Value" or "Int32Value" or "UInt32Value" or "BoolValue" or "StringValue" or "BytesValue"
                => WellKnownKind.Wrapper,
            _ => WellKnownKind.None,
        };
        return kind != WellKnownKind.None && HasShape(kind, type) ? kind : WellKnownKind.None;
    }

    /// <summary>Whether an Any holds this type's JSON as "value". An Empty too, though its JSON is that of its (no) fields: other implementations demand it.</summary>
    public static bool IsValueInAny(MessageDescriptor type) => KindOf(type) != WellKnownKind.None || type.FullName == "google.protobuf.Empty";

    // A hostile server may call anything google.protobuf.Struct.
    private static bool HasShape(WellKnownKind kind, MessageDescriptor type) => kind switch
    {
        WellKnownKind.Any => Has(type, 1, FieldType.String) && Has(type, 2, FieldType.Bytes),
        WellKnownKind.Timestamp or WellKnownKind.Duration => Has(type, 1, FieldType.Int64) && Has(type, 2, FieldType.Int32),
        WellKnownKind.FieldMask => type.FindFieldByNumber(1) is { IsRepeated: true, FieldType: FieldType.String },
        WellKnownKind.Struct => type.FindFieldByNumber(1) is { IsMap: true } map && map.MessageType.FindFieldByNumber(2) is { FieldType: FieldType.Message },
        WellKnownKind.ListValue => type.FindFieldByNumber(1) is { IsRepeated: true, IsMap: false, FieldType: FieldType.Message },
        WellKnownKind.Value => Has(type, 1, FieldType.Enum) && Has(type, 2, FieldType.Double) && Has(type, 3, FieldType.String)
            && Has(type, 4, FieldType.Bool) && Has(type, 5, FieldType.Message) && Has(type, 6, FieldType.Message),
        _ => type.FindFieldByNumber(1) is { IsRepeated: false } value && !MessageFields.IsMessage(value),
    };

    private static bool Has(MessageDescriptor type, int number, FieldType fieldType) =>
        type.FindFieldByNumber(number) is { IsRepeated: false } field && field.FieldType == fieldType;
}

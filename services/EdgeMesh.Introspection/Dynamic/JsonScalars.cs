using System.Text;
using System.Text.Json;
using Google.Protobuf.Reflection;

namespace EdgeMesh.Introspection;

/// <summary>Scalars out of JSON. Every method answers null for what does not fit; the caller knows where it stood.</summary>
internal static class JsonScalars
{
    /// <summary>Reads a value of the field's type.</summary>
    /// <exception cref="InvalidOperationException">A string has half of a surrogate pair.</exception>
    public static WireScalar? Read(FieldDescriptor field, JsonElement json) => field.FieldType switch
    {
        FieldType.Bool => json.ValueKind switch
        {
            JsonValueKind.True => Varint(1),
            JsonValueKind.False => Varint(0),
            _ => null,
        },
        FieldType.String => json.ValueKind == JsonValueKind.String ? Bytes(Encoding.UTF8.GetBytes(json.GetString()!)) : null,
        FieldType.Bytes => json.ValueKind == JsonValueKind.String && TryDecodeBase64(json.GetString()!, out var bytes) ? Bytes(bytes) : null,
        FieldType.Enum => ReadEnum(field.EnumType, json),
        FieldType.Double => ReadDouble(json),
        FieldType.Float => ReadSingle(json),
        _ => TextOf(json) is { } text ? ReadInteger(field.FieldType, text) : null,
    };

    /// <summary>Reads a map's key, which is always text in JSON.</summary>
    public static WireScalar? ReadKey(FieldDescriptor key, string text) => key.FieldType switch
    {
        FieldType.String => Bytes(Encoding.UTF8.GetBytes(text)),
        FieldType.Bool => text switch { "true" => Varint(1), "false" => Varint(0), _ => null },
        _ => ReadInteger(key.FieldType, text),
    };

    /// <summary>What a field takes, for error messages: <c>int32</c>, <c>a value of shop.v1.Color</c>.</summary>
    public static string NameOf(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Enum => $"a value of {field.EnumType.FullName}",
        FieldType.Bytes => "base64",
        FieldType.Int32 => "int32",
        FieldType.Int64 => "int64",
        FieldType.UInt32 => "uint32",
        FieldType.UInt64 => "uint64",
        FieldType.SInt32 => "sint32",
        FieldType.SInt64 => "sint64",
        FieldType.SFixed32 => "sfixed32",
        FieldType.SFixed64 => "sfixed64",
        FieldType.Fixed32 => "fixed32",
        FieldType.Fixed64 => "fixed64",
        FieldType.Double => "double",
        FieldType.Float => "float",
        FieldType.Bool => "bool",
        _ => "string",
    };

    /// <summary>Decodes base64, standard or URL-safe, padded or not (RFC 4648 sections 4 and 5).</summary>
    public static bool TryDecodeBase64(string text, out byte[] bytes)
    {
        bytes = [];
        var unpadded = text.AsSpan().TrimEnd('=');
        if (unpadded.Length % 4 == 1 || text.Length - unpadded.Length > 2 || unpadded.ContainsAny(' ', '\n', '\r') || unpadded.Contains('\t'))
        {
            return false;
        }

        var standard = new char[(unpadded.Length + 3) / 4 * 4];
        standard.AsSpan().Fill('=');
        unpadded.CopyTo(standard);
        standard.AsSpan().Replace('-', '+');
        standard.AsSpan().Replace('_', '/');
        var buffer = new byte[standard.Length / 4 * 3];
        if (!Convert.TryFromBase64Chars(standard, buffer, out var written))
        {
            return false;
        }

        bytes = buffer[..written];
        return true;
    }

    private static WireScalar? ReadEnum(EnumDescriptor type, JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Null => Varint(0),
        JsonValueKind.String => type.FindValueByName(json.GetString()!) is { } value ? Varint((ulong)value.Number) : null,
        JsonValueKind.Number => ReadInteger(FieldType.Int32, json.GetRawText()),
        _ => null,
    };

    private static WireScalar? ReadInteger(FieldType type, string text)
    {
        if (!JsonNumbers.TryParseInteger(text, out var value))
        {
            return null;
        }

        return type switch
        {
            FieldType.Int32 => value >= int.MinValue && value <= int.MaxValue ? Varint((ulong)(long)value) : null,
            FieldType.SInt32 => value >= int.MinValue && value <= int.MaxValue ? Varint(ZigZag((long)value)) : null,
            FieldType.SFixed32 => value >= int.MinValue && value <= int.MaxValue ? new WireScalar(WireType.Fixed32, (uint)(int)value, default) : null,
            FieldType.UInt32 => value >= 0 && value <= uint.MaxValue ? Varint((ulong)value) : null,
            FieldType.Fixed32 => value >= 0 && value <= uint.MaxValue ? new WireScalar(WireType.Fixed32, (ulong)value, default) : null,
            FieldType.Int64 => value >= long.MinValue && value <= long.MaxValue ? Varint((ulong)(long)value) : null,
            FieldType.SInt64 => value >= long.MinValue && value <= long.MaxValue ? Varint(ZigZag((long)value)) : null,
            FieldType.SFixed64 => value >= long.MinValue && value <= long.MaxValue ? new WireScalar(WireType.Fixed64, (ulong)(long)value, default) : null,
            FieldType.UInt64 => value >= 0 && value <= ulong.MaxValue ? Varint((ulong)value) : null,
            FieldType.Fixed64 => value >= 0 && value <= ulong.MaxValue ? new WireScalar(WireType.Fixed64, (ulong)value, default) : null,
            _ => null,
        };
    }

    private static WireScalar? ReadDouble(JsonElement json)
    {
        double? value = TextOf(json) switch
        {
            null => null,
            "NaN" => double.NaN,
            "Infinity" => double.PositiveInfinity,
            "-Infinity" => double.NegativeInfinity,
            var text => JsonNumbers.TryParseDouble(text, out var number) ? number : null,
        };
        return value is { } found ? new WireScalar(WireType.Fixed64, BitConverter.DoubleToUInt64Bits(found), default) : null;
    }

    private static WireScalar? ReadSingle(JsonElement json)
    {
        float? value = TextOf(json) switch
        {
            null => null,
            "NaN" => float.NaN,
            "Infinity" => float.PositiveInfinity,
            "-Infinity" => float.NegativeInfinity,
            var text => JsonNumbers.TryParseSingle(text, out var number) ? number : null,
        };
        return value is { } found ? new WireScalar(WireType.Fixed32, BitConverter.SingleToUInt32Bits(found), default) : null;
    }

    private static string? TextOf(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Number => json.GetRawText(),
        JsonValueKind.String => json.GetString(),
        _ => null,
    };

    private static ulong ZigZag(long value) => (ulong)((value << 1) ^ (value >> 63));

    private static WireScalar Varint(ulong value) => new(WireType.Varint, value, default);

    private static WireScalar Bytes(byte[] value) => new(WireType.LengthDelimited, 0, value);
}

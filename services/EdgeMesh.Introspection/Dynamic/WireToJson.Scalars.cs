using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Google.Protobuf.Reflection;

namespace EdgeMesh.Introspection;

/// <content>Scalars, as values and as a map's keys.</content>
internal sealed partial class WireToJson
{
    private string KeyText(FieldDescriptor key, WireScalar scalar) => key.FieldType switch
    {
        FieldType.String => Utf8.IsValid(scalar.Bytes.Span) ? Encoding.UTF8.GetString(scalar.Bytes.Span) : throw _path.Error("a key is not UTF-8"),
        FieldType.Bool => scalar.Bits == 0 ? "false" : "true",
        FieldType.UInt32 or FieldType.Fixed32 => ((uint)scalar.Bits).ToString(CultureInfo.InvariantCulture),
        FieldType.UInt64 or FieldType.Fixed64 => scalar.Bits.ToString(CultureInfo.InvariantCulture),
        _ => SignedOf(key.FieldType, scalar.Bits).ToString(CultureInfo.InvariantCulture),
    };

    private void WriteScalar(FieldDescriptor field, WireScalar scalar)
    {
        switch (field.FieldType)
        {
            case FieldType.String:
                if (!Utf8.IsValid(scalar.Bytes.Span))
                {
                    throw _path.Error("the string is not UTF-8");
                }

                _json.WriteStringValue(scalar.Bytes.Span);
                break;
            case FieldType.Bytes:
                _json.WriteBase64StringValue(scalar.Bytes.Span);
                break;
            case FieldType.Bool:
                _json.WriteBooleanValue(scalar.Bits != 0);
                break;
            case FieldType.Enum:
                WriteEnum(field.EnumType, (int)scalar.Bits);
                break;
            case FieldType.Double:
                WriteNumber(BitConverter.UInt64BitsToDouble(scalar.Bits));
                break;
            case FieldType.Float:
                var single = BitConverter.UInt32BitsToSingle((uint)scalar.Bits);
                if (float.IsFinite(single))
                {
                    _json.WriteNumberValue(single);
                }
                else
                {
                    WriteNumber(single);
                }

                break;
            case FieldType.UInt32 or FieldType.Fixed32:
                _json.WriteNumberValue((uint)scalar.Bits);
                break;
            case FieldType.UInt64 or FieldType.Fixed64:
                _json.WriteStringValue(scalar.Bits.ToString(CultureInfo.InvariantCulture));
                break;
            case FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64:
                _json.WriteStringValue(SignedOf(field.FieldType, scalar.Bits).ToString(CultureInfo.InvariantCulture));
                break;
            default:
                _json.WriteNumberValue(SignedOf(field.FieldType, scalar.Bits));
                break;
        }

        CheckSize();
    }

    private void WriteNumber(double value)
    {
        if (double.IsFinite(value))
        {
            _json.WriteNumberValue(value);
        }
        else
        {
            _json.WriteStringValue(double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
        }
    }

    private void WriteEnum(EnumDescriptor type, int number)
    {
        if (type.FullName == "google.protobuf.NullValue")
        {
            _json.WriteNullValue();
        }
        else if (type.FindValueByNumber(number) is { } value)
        {
            _json.WriteStringValue(value.Name);
        }
        else
        {
            _json.WriteNumberValue(number);
        }
    }

    private static long SignedOf(FieldType type, ulong bits) => type switch
    {
        FieldType.SInt32 => (int)((uint)bits >> 1) ^ -(int)(bits & 1),
        FieldType.SInt64 => (long)(bits >> 1) ^ -(long)(bits & 1),
        FieldType.Int32 or FieldType.SFixed32 => (int)bits,
        _ => (long)bits,
    };
}

using System.Text;
using System.Text.Unicode;
using Google.Protobuf.Reflection;

namespace EdgeMesh.Introspection;

/// <content>Protobuf's own types, whose JSON is not an object of their fields.</content>
internal sealed partial class WireToJson
{
    private bool TryWriteWellKnown(MessageDescriptor type, WireMessage message)
    {
        var first = type.FindFieldByNumber(1);
        switch (WellKnown.KindOf(type))
        {
            case WellKnownKind.Timestamp:
                var (seconds, nanos) = SecondsAndNanos(type, message);
                _json.WriteStringValue(WellKnownText.FormatTimestamp(seconds, nanos) ?? throw _path.Error($"no timestamp from year 1 to 9999: {seconds} s, {nanos} ns"));
                return true;
            case WellKnownKind.Duration:
                (seconds, nanos) = SecondsAndNanos(type, message);
                _json.WriteStringValue(WellKnownText.FormatDuration(seconds, nanos) ?? throw _path.Error($"no duration of at most 315576000000 s: {seconds} s, {nanos} ns"));
                return true;
            case WellKnownKind.FieldMask:
                _json.WriteStringValue(string.Join(',', message.All(first).Select(MaskPath)));
                return true;
            case WellKnownKind.Struct:
                WriteMap(first, message.All(first));
                return true;
            case WellKnownKind.ListValue:
                WriteList(first, message.All(first));
                return true;
            case WellKnownKind.Value:
                WriteValue(message);
                return true;
            case WellKnownKind.Wrapper:
                WriteScalar(first, message.Scalar(first));
                return true;
            case WellKnownKind.Any:
                WriteAny(first, type.FindFieldByNumber(2), message);
                return true;
            default:
                return false;
        }
    }

    private static (long Seconds, int Nanos) SecondsAndNanos(MessageDescriptor type, WireMessage message) =>
        ((long)message.Scalar(type.FindFieldByNumber(1)).Bits, (int)message.Scalar(type.FindFieldByNumber(2)).Bits);

    private string MaskPath(WireScalar path) =>
        (Utf8.IsValid(path.Bytes.Span) ? WellKnownText.FormatMaskPath(Encoding.UTF8.GetString(path.Bytes.Span)) : null)
        ?? throw _path.Error("a field mask path that is not lower snake case has no JSON form");

    // A Value without a kind, which no sender should make, is shown as null.
    private void WriteValue(WireMessage message)
    {
        if (message.Fields.FirstOrDefault() is not { } field)
        {
            _json.WriteNullValue();
        }
        else if (field.FieldType == FieldType.Double && !double.IsFinite(BitConverter.UInt64BitsToDouble(message.Scalar(field).Bits)))
        {
            throw _path.Error("a google.protobuf.Value holds NaN or Infinity, which JSON has no number for");
        }
        else
        {
            WriteField(field, message);
        }
    }

    private void WriteAny(FieldDescriptor urlField, FieldDescriptor valueField, WireMessage message)
    {
        var (urlBytes, value) = (message.Scalar(urlField).Bytes, message.Scalar(valueField).Bytes);
        if (!Utf8.IsValid(urlBytes.Span))
        {
            throw _path.Error("the type URL is not UTF-8");
        }

        _json.WriteStartObject();
        var url = Encoding.UTF8.GetString(urlBytes.Span);
        if (url.Length > 0 || value.Length > 0)
        {
            _json.WriteString("@type", url);
            if (_types.FindMessage(url[(url.LastIndexOf('/') + 1)..]) is not { } type)
            {
                _json.WriteBase64String("@value", value.Span);
            }
            else if (WellKnown.IsValueInAny(type))
            {
                _path.Enter("value");
                _json.WritePropertyName("value");
                WriteMessage(type, value);
                _path.Leave();
            }
            else
            {
                if (++_depth > _options.MaxDepth)
                {
                    throw _path.Error($"messages nested deeper than {_options.MaxDepth}");
                }

                WriteMembers(type, Read(type, value));
                _depth--;
            }
        }

        _json.WriteEndObject();
    }
}

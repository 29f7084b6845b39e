using System.Text.Json;
using Google.Protobuf.Reflection;

namespace EdgeMesh.Introspection;

/// <content>Protobuf's own types, whose JSON is not an object of their fields.</content>
internal sealed partial class JsonToWire
{
    private bool TryWriteWellKnown(MessageDescriptor type, JsonElement json)
    {
        switch (WellKnown.KindOf(type))
        {
            case WellKnownKind.Timestamp:
                if (!WellKnownText.TryParseTimestamp(StringOf(json, "an RFC 3339 time"), out var seconds, out var nanos))
                {
                    throw Expected("an RFC 3339 time from year 1 to 9999", json);
                }

                WriteSecondsAndNanos(seconds, nanos);
                return true;
            case WellKnownKind.Duration:
                if (!WellKnownText.TryParseDuration(StringOf(json, "a duration (\"1.5s\")"), out seconds, out nanos))
                {
                    throw Expected("a duration (\"1.5s\") of at most 315576000000 s", json);
                }

                WriteSecondsAndNanos(seconds, nanos);
                return true;
            case WellKnownKind.FieldMask:
                WriteFieldMask(json);
                return true;
            case WellKnownKind.Struct:
                WriteMap(type.FindFieldByNumber(1), json);
                return true;
            case WellKnownKind.ListValue:
                WriteList(type.FindFieldByNumber(1), json);
                return true;
            case WellKnownKind.Value:
                WriteValue(type, json);
                return true;
            case WellKnownKind.Wrapper:
                WriteField(type.FindFieldByNumber(1), json);
                return true;
            case WellKnownKind.Any:
                WriteAny(json);
                return true;
            default:
                return false;
        }
    }

    private void WriteSecondsAndNanos(long seconds, int nanos)
    {
        if (seconds != 0)
        {
            _writer.Tag(1, WireType.Varint);
            _writer.Varint((ulong)seconds);
        }

        if (nanos != 0)
        {
            _writer.Tag(2, WireType.Varint);
            _writer.Varint((ulong)(long)nanos);
        }
    }

    private void WriteFieldMask(JsonElement json)
    {
        var text = StringOf(json, "a field mask (\"a,b.c\")");
        foreach (var part in text.Length == 0 ? [] : text.Split(','))
        {
            var path = WellKnownText.ParseMaskPath(part) ?? throw Expected("a field mask in lower camel case (\"a,b.cD\")", json);
            _writer.Tag(1, WireType.LengthDelimited);
            _writer.Bytes(System.Text.Encoding.UTF8.GetBytes(path));
        }
    }

    // google.protobuf.Value: the kind decides the field.
    private void WriteValue(MessageDescriptor type, JsonElement json)
    {
        var field = type.FindFieldByNumber(json.ValueKind switch
        {
            JsonValueKind.Null => 1,
            JsonValueKind.Number => 2,
            JsonValueKind.String => 3,
            JsonValueKind.True or JsonValueKind.False => 4,
            JsonValueKind.Object => 5,
            _ => 6,
        });
        WriteField(field, json);
    }

    private void WriteAny(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw Expected("an object (google.protobuf.Any)", json);
        }

        if (!json.EnumerateObject().Any())
        {
            return;
        }

        if (!json.TryGetProperty("@type", out var typeUrl) || typeUrl.ValueKind != JsonValueKind.String)
        {
            throw _path.Error("an Any needs a string \"@type\"");
        }

        var url = StringOf(typeUrl, "a type URL");
        _writer.Tag(1, WireType.LengthDelimited);
        _writer.Bytes(System.Text.Encoding.UTF8.GetBytes(url));
        if (json.TryGetProperty("@value", out var raw))
        {
            if (raw.ValueKind != JsonValueKind.String || !JsonScalars.TryDecodeBase64(StringOf(raw, "base64"), out var bytes))
            {
                throw Expected("base64 as \"@value\"", raw);
            }

            _writer.Tag(2, WireType.LengthDelimited);
            _writer.Bytes(bytes);
            return;
        }

        var type = types.FindMessage(url[(url.LastIndexOf('/') + 1)..]) ?? throw _path.Error($"type \"{Excerpt.Of(url)}\" is not known here");
        _writer.Tag(2, WireType.LengthDelimited);
        var start = _writer.BeginLength();
        if (WellKnown.IsValueInAny(type))
        {
            if (!json.TryGetProperty("value", out var value))
            {
                throw _path.Error($"an Any of {type.FullName} needs \"value\"");
            }

            _path.Enter("value");
            WriteMessage(type, value);
            _path.Leave();
        }
        else
        {
            if (++_depth > options.MaxDepth)
            {
                throw _path.Error($"messages nested deeper than {options.MaxDepth}");
            }

            WriteFields(type, json, skip: "@type");
            _depth--;
        }

        _writer.EndLength(start);
    }

    private string StringOf(JsonElement json, string what)
    {
        if (json.ValueKind != JsonValueKind.String)
        {
            throw Expected(what, json);
        }

        try
        {
            return json.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw _path.Error("half of a surrogate pair in a string", e);
        }
    }
}

using System.Text;
using System.Text.Json;
using Google.Protobuf.Reflection;

namespace EdgeMesh.Introspection;

/// <summary>Turns messages known only by descriptor from JSON to protobuf bytes and back: the C# library has no dynamic message.</summary>
/// <remarks>
/// https://protobuf.dev/programming-guides/json. Reads fields in any order, writes bytes in order of field number, so that equal JSON objects become equal bytes.
/// Thread-safe. An Any whose type is not in <c>types</c> is written as <c>{"@type": ..., "@value": base64}</c>, and read back from it.
/// </remarks>
public sealed class ProtoJson
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private readonly DescriptorSet _types;
    private readonly ProtoJsonOptions _options;
    private readonly MessageFields _fields;

    /// <summary>Makes a converter.</summary>
    /// <param name="types">Where the types within an Any, and extensions, are found. Protobuf's own types always are.</param>
    /// <param name="options">How it converts.</param>
    public ProtoJson(DescriptorSet? types = null, ProtoJsonOptions? options = null)
    {
        _types = types ?? DescriptorSet.WellKnown;
        _options = options ?? ProtoJsonOptions.Default;
        _fields = new MessageFields(_types);
    }

    /// <summary>Turns JSON into the bytes of a message.</summary>
    /// <exception cref="ProtoJsonException">It is not JSON, does not fit the type, or is past a limit.</exception>
    public byte[] ToWire(MessageDescriptor type, string json)
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(json);
        if (json.Length > _options.MaxBytes)
        {
            throw new ProtoJsonException("$", $"{json.Length} characters, more than the limit of {_options.MaxBytes}");
        }

        try
        {
            // Maps, lists and Any put at most three levels of JSON around one message.
            using var document = JsonDocument.Parse(StrictUtf8.GetBytes(json), new JsonDocumentOptions { MaxDepth = (_options.MaxDepth * 4) + 4 });
            return ToWire(type, document.RootElement);
        }
        catch (JsonException e)
        {
            throw new ProtoJsonException("$", $"not JSON: {e.Message}", e);
        }
        catch (EncoderFallbackException e)
        {
            throw new ProtoJsonException("$", $"not JSON: half of a surrogate pair at character {e.Index}", e);
        }
    }

    /// <summary>Turns JSON into the bytes of a message.</summary>
    /// <exception cref="ProtoJsonException">It does not fit the type, or is past a limit.</exception>
    public byte[] ToWire(MessageDescriptor type, JsonElement json)
    {
        ArgumentNullException.ThrowIfNull(type);
        var conversion = new JsonToWire(_types, _fields, _options);
        return conversion.Convert(type, json);
    }

    /// <summary>Turns the bytes of a message into JSON.</summary>
    /// <exception cref="ProtoJsonException">They are malformed, do not fit the type, or are past a limit.</exception>
    public string ToJson(MessageDescriptor type, ReadOnlyMemory<byte> wire) => ToJson(type, wire, out _);

    /// <summary>Turns the bytes of a message into JSON.</summary>
    /// <param name="type">The message's type.</param>
    /// <param name="wire">Its bytes.</param>
    /// <param name="unknownFields">How many field values were left out because the type does not have them.</param>
    /// <exception cref="ProtoJsonException">They are malformed, do not fit the type, or are past a limit.</exception>
    public string ToJson(MessageDescriptor type, ReadOnlyMemory<byte> wire, out int unknownFields)
    {
        ArgumentNullException.ThrowIfNull(type);
        var conversion = new WireToJson(_types, _fields, _options);
        var json = conversion.Convert(type, wire);
        unknownFields = conversion.UnknownFields;
        return json;
    }
}

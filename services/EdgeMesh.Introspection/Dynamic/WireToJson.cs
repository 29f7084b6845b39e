using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf.Reflection;

namespace EdgeMesh.Introspection;

/// <summary>One conversion of wire bytes to JSON. Scalars and protobuf's own types: the other parts.</summary>
internal sealed partial class WireToJson
{
    private readonly DescriptorSet _types;
    private readonly MessageFields _fields;
    private readonly ProtoJsonOptions _options;
    private readonly JsonPath _path = new();
    private readonly ArrayBufferWriter<byte> _output = new();
    private readonly Utf8JsonWriter _json;
    private int _depth;

    public WireToJson(DescriptorSet types, MessageFields fields, ProtoJsonOptions options)
    {
        _types = types;
        _fields = fields;
        _options = options;
        _json = new Utf8JsonWriter(_output, new JsonWriterOptions
        {
            // For people and tools that read JSON, not for a page's script: only what JSON itself demands is escaped.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            Indented = options.Indented,
            MaxDepth = (options.MaxDepth * 4) + 4,
        });
    }

    public int UnknownFields { get; private set; }

    public string Convert(MessageDescriptor type, ReadOnlyMemory<byte> wire)
    {
        if (wire.Length > _options.MaxBytes)
        {
            throw _path.Error($"{wire.Length} bytes, more than the limit of {_options.MaxBytes}");
        }

        WriteMessage(type, wire);
        _json.Flush();
        return Encoding.UTF8.GetString(_output.WrittenSpan);
    }

    private void WriteMessage(MessageDescriptor type, ReadOnlyMemory<byte> wire)
    {
        if (++_depth > _options.MaxDepth)
        {
            throw _path.Error($"messages nested deeper than {_options.MaxDepth}");
        }

        var message = Read(type, wire);
        if (!TryWriteWellKnown(type, message))
        {
            _json.WriteStartObject();
            WriteMembers(type, message);
            _json.WriteEndObject();
        }

        CheckSize();
        _depth--;
    }

    private WireMessage Read(MessageDescriptor type, ReadOnlyMemory<byte> wire)
    {
        try
        {
            var message = WireMessage.Read(type, wire, _fields, _options.MaxDepth);
            UnknownFields += message.UnknownFields;
            return message;
        }
        catch (FormatException e)
        {
            throw _path.Error($"not a {type.FullName}: {e.Message}", e);
        }
    }

    private void WriteMembers(MessageDescriptor type, WireMessage message)
    {
        var present = message.Fields;
        if (_options.EmitDefaults)
        {
            present = present.Union(type.Fields.InDeclarationOrder().Where(field => !_fields.Traits(field).HasPresence));
        }

        foreach (var field in present.OrderBy(field => field.FieldNumber))
        {
            var optional = !_fields.Traits(field).HasPresence && !_options.EmitDefaults;
            if (optional && !field.IsRepeated && message.Scalar(field).IsDefault)
            {
                continue;
            }

            var name = field.IsExtension ? $"[{field.FullName}]" : _options.PreserveFieldNames ? field.Name : field.JsonName;
            _path.Enter(name);
            _json.WritePropertyName(name);
            WriteField(field, message);
            _path.Leave();
        }
    }

    private void WriteField(FieldDescriptor field, WireMessage message)
    {
        if (field.IsMap)
        {
            WriteMap(field, message.All(field));
        }
        else if (field.IsRepeated)
        {
            WriteList(field, message.All(field));
        }
        else if (MessageFields.IsMessage(field))
        {
            WriteMessage(field.MessageType, message.Message(field));
        }
        else
        {
            WriteScalar(field, message.Scalar(field));
        }
    }

    private void WriteList(FieldDescriptor field, IReadOnlyList<WireScalar> values)
    {
        _json.WriteStartArray();
        var index = 0;
        foreach (var value in values)
        {
            if (value.Type == WireType.LengthDelimited && MessageFields.IsPackable(field))
            {
                WritePacked(field, value.Bytes, ref index);
                continue;
            }

            _path.Enter(index++);
            if (MessageFields.IsMessage(field))
            {
                WriteMessage(field.MessageType, value.Bytes);
            }
            else
            {
                WriteScalar(field, value);
            }

            _path.Leave();
        }

        _json.WriteEndArray();
    }

    private void WritePacked(FieldDescriptor field, ReadOnlyMemory<byte> bytes, ref int index)
    {
        var reader = new WireReader(bytes.Span);
        var type = WireTypes.Of(field.FieldType);
        while (!reader.AtEnd)
        {
            _path.Enter(index++);
            try
            {
                var bits = type switch
                {
                    WireType.Fixed32 => reader.Fixed32(),
                    WireType.Fixed64 => reader.Fixed64(),
                    _ => reader.Varint(),
                };
                WriteScalar(field, new WireScalar(type, bits, default));
            }
            catch (FormatException e)
            {
                throw _path.Error($"packed list: {e.Message}", e);
            }

            _path.Leave();
        }
    }

    private void WriteMap(FieldDescriptor field, IReadOnlyList<WireScalar> entries)
    {
        var key = field.MessageType.FindFieldByNumber(1);
        var value = field.MessageType.FindFieldByNumber(2);
        var last = new OrderedDictionary<string, WireMessage>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            var message = Read(field.MessageType, entry.Bytes);
            last[KeyText(key, message.Scalar(key))] = message;
        }

        _json.WriteStartObject();
        foreach (var (name, message) in last)
        {
            _path.Enter(name);
            _json.WritePropertyName(name);
            WriteField(value, message);
            _path.Leave();
        }

        _json.WriteEndObject();
    }

    // Defaults and names of enum values make JSON far larger than the bytes: what a peer sent must not fill the memory.
    private void CheckSize()
    {
        if (_json.BytesCommitted + _json.BytesPending > _options.MaxBytes)
        {
            throw _path.Error($"more than {_options.MaxBytes} bytes of JSON");
        }
    }
}

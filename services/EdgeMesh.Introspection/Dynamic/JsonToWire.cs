using System.Text.Json;
using Google.Protobuf.Reflection;

namespace EdgeMesh.Introspection;

/// <summary>One conversion of JSON to wire bytes: messages, lists and maps. Scalars: <see cref="JsonScalars"/>; protobuf's own types: the other part.</summary>
internal sealed partial class JsonToWire(DescriptorSet types, MessageFields fields, ProtoJsonOptions options)
{
    private readonly JsonPath _path = new();
    private readonly WireWriter _writer = new();
    private int _depth;

    public byte[] Convert(MessageDescriptor type, JsonElement json)
    {
        WriteMessage(type, json);
        return _writer.Written.ToArray();
    }

    private void WriteMessage(MessageDescriptor type, JsonElement json)
    {
        if (++_depth > options.MaxDepth)
        {
            throw _path.Error($"messages nested deeper than {options.MaxDepth}");
        }

        if (!TryWriteWellKnown(type, json))
        {
            WriteFields(type, json, skip: null);
        }

        if (_writer.Written.Length > options.MaxBytes)
        {
            throw _path.Error($"more than {options.MaxBytes} bytes on the wire");
        }

        _depth--;
    }

    private void WriteFields(MessageDescriptor type, JsonElement json, string? skip)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw Expected($"an object ({type.FullName})", json);
        }

        // Sorted by field number, so that the order in the text does not matter; the sort also shows what is given twice.
        var members = new SortedDictionary<int, (FieldDescriptor Field, string Name, JsonElement Value)>();
        var oneofs = new Dictionary<OneofDescriptor, string>();
        foreach (var member in json.EnumerateObject())
        {
            var name = NameOf(member);
            if (name == skip)
            {
                continue;
            }

            _path.Enter(name);
            if (fields.Find(type, name) is { } field)
            {
                if (!members.TryAdd(field.FieldNumber, (field, name, member.Value)))
                {
                    throw _path.Error("given twice");
                }

                if (field.RealContainingOneof is { } oneof && !IsAbsent(field, member.Value) && !oneofs.TryAdd(oneof, name))
                {
                    throw _path.Error($"oneof \"{oneof.Name}\" already has \"{oneofs[oneof]}\"");
                }
            }
            else if (!options.IgnoreUnknownFields)
            {
                throw _path.Error($"{type.FullName} has no such field");
            }

            _path.Leave();
        }

        foreach (var (_, (field, name, value)) in members)
        {
            _path.Enter(name);
            if (!IsAbsent(field, value))
            {
                WriteField(field, value);
            }

            _path.Leave();
        }

        if (type.Fields.InDeclarationOrder().FirstOrDefault(field => field.IsRequired && !members.ContainsKey(field.FieldNumber)) is { } missing)
        {
            throw _path.Error($"required field \"{missing.JsonName}\" is missing");
        }
    }

    private void WriteField(FieldDescriptor field, JsonElement json)
    {
        if (field.IsMap)
        {
            WriteMap(field, json);
        }
        else if (field.IsRepeated)
        {
            WriteList(field, json);
        }
        else if (MessageFields.IsMessage(field))
        {
            WriteMessageField(field, json);
        }
        else
        {
            var scalar = ReadScalar(field, json);
            if (fields.Traits(field).HasPresence || !scalar.IsDefault)
            {
                WriteScalar(field, scalar);
            }
        }
    }

    private void WriteList(FieldDescriptor field, JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Array)
        {
            throw Expected("an array", json);
        }

        if (json.GetArrayLength() == 0)
        {
            return;
        }

        var packed = fields.Traits(field).IsPacked;
        var start = 0;
        if (packed)
        {
            _writer.Tag(field.FieldNumber, WireType.LengthDelimited);
            start = _writer.BeginLength();
        }

        var index = 0;
        foreach (var item in json.EnumerateArray())
        {
            _path.Enter(index++);
            if (item.ValueKind == JsonValueKind.Null && !TakesNull(field))
            {
                throw _path.Error("null within an array");
            }

            if (MessageFields.IsMessage(field))
            {
                WriteMessageField(field, item);
            }
            else if (packed)
            {
                ReadScalar(field, item).WriteTo(_writer);
            }
            else
            {
                WriteScalar(field, ReadScalar(field, item));
            }

            _path.Leave();
        }

        if (packed)
        {
            _writer.EndLength(start);
        }
    }

    private void WriteMap(FieldDescriptor field, JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw Expected("an object (a map)", json);
        }

        var key = field.MessageType.FindFieldByNumber(1);
        var value = field.MessageType.FindFieldByNumber(2);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in json.EnumerateObject())
        {
            var name = NameOf(entry);
            _path.Enter(name);
            if (!seen.Add(name))
            {
                throw _path.Error("given twice");
            }

            if (entry.Value.ValueKind == JsonValueKind.Null && !TakesNull(value))
            {
                throw _path.Error("null within a map");
            }

            _writer.Tag(field.FieldNumber, WireType.LengthDelimited);
            var start = _writer.BeginLength();
            WriteScalar(key, JsonScalars.ReadKey(key, name) ?? throw _path.Error($"expected a key of type {JsonScalars.NameOf(key)}, got \"{Excerpt.Of(name)}\""));
            if (MessageFields.IsMessage(value))
            {
                WriteMessageField(value, entry.Value);
            }
            else
            {
                WriteScalar(value, ReadScalar(value, entry.Value));
            }

            _writer.EndLength(start);
            _path.Leave();
        }
    }

    private void WriteMessageField(FieldDescriptor field, JsonElement json)
    {
        if (fields.Traits(field).IsGroup)
        {
            _writer.Tag(field.FieldNumber, WireType.StartGroup);
            WriteMessage(field.MessageType, json);
            _writer.Tag(field.FieldNumber, WireType.EndGroup);
            return;
        }

        _writer.Tag(field.FieldNumber, WireType.LengthDelimited);
        var start = _writer.BeginLength();
        WriteMessage(field.MessageType, json);
        _writer.EndLength(start);
    }

    private void WriteScalar(FieldDescriptor field, WireScalar scalar)
    {
        _writer.Tag(field.FieldNumber, scalar.Type);
        scalar.WriteTo(_writer);
    }

    private WireScalar ReadScalar(FieldDescriptor field, JsonElement json)
    {
        try
        {
            return JsonScalars.Read(field, json) ?? throw Expected(JsonScalars.NameOf(field), json);
        }
        catch (InvalidOperationException e)
        {
            throw _path.Error("half of a surrogate pair in a string", e);
        }
    }

    // null is "absent", but for the two types of which it is a value.
    private static bool IsAbsent(FieldDescriptor field, JsonElement json) =>
        json.ValueKind == JsonValueKind.Null && (field.IsRepeated || !TakesNull(field));

    private static bool TakesNull(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Message => field.MessageType.FullName == "google.protobuf.Value",
        FieldType.Enum => field.EnumType.FullName == "google.protobuf.NullValue",
        _ => false,
    };

    private string NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException e)
        {
            throw _path.Error("half of a surrogate pair in a name", e);
        }
    }

    private ProtoJsonException Expected(string what, JsonElement json) => _path.Error($"expected {what}, got {Excerpt.Of(json.GetRawText())}");
}

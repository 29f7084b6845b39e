using System.Collections.Concurrent;
using Google.Protobuf.Reflection;

namespace EdgeMesh.Introspection;

/// <summary>Fields of message types by what they are called in JSON. Thread-safe; lives as long as its <see cref="ProtoJson"/>.</summary>
internal sealed class MessageFields(DescriptorSet types)
{
    private readonly ConcurrentDictionary<MessageDescriptor, Dictionary<string, FieldDescriptor>> _byName = new();
    private readonly ConcurrentDictionary<FieldDescriptor, FieldTraits> _traits = new();
    private readonly ConcurrentDictionary<FileDescriptor, FileDescriptorProto> _files = new();

    /// <summary>The field called so: by <c>json_name</c>, by its original name, or an extension as <c>[full.name]</c>.</summary>
    public FieldDescriptor? Find(MessageDescriptor type, string name) =>
        _byName.GetOrAdd(type, Index).TryGetValue(name, out var field) ? field
            : name is ['[', .. var extension, ']'] && types.FindExtension(extension) is { } found && found.ExtendeeType.FullName == type.FullName ? found
            : null;

    public FieldDescriptor? Find(MessageDescriptor type, int number) =>
        type.FindFieldByNumber(number) ?? types.FindExtension(type.FullName, number);

    public FieldTraits Traits(FieldDescriptor field) => _traits.GetOrAdd(field, found => FieldTraits.Of(found, _files.GetOrAdd(found.File, file => file.ToProto())));

    public static bool IsMessage(FieldDescriptor field) => field.FieldType is FieldType.Message or FieldType.Group;

    public static bool IsPackable(FieldDescriptor field) => field.IsRepeated && field.FieldType is not (FieldType.String or FieldType.Bytes or FieldType.Message or FieldType.Group);

    private static Dictionary<string, FieldDescriptor> Index(MessageDescriptor type)
    {
        var fields = type.Fields.InDeclarationOrder();
        var byName = fields.DistinctBy(field => field.JsonName).ToDictionary(field => field.JsonName, StringComparer.Ordinal);
        foreach (var field in fields)
        {
            byName.TryAdd(field.Name, field);
        }

        return byName;
    }
}

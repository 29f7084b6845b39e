using Google.Protobuf.Reflection;

namespace EdgeMesh.Introspection;

/// <summary>The full names that a file declares: services, methods, messages, fields, oneofs, enums, enum values, extensions.</summary>
internal static class DescriptorSymbols
{
    /// <summary>Every full name in a file, without a leading dot. Enum values are siblings of their enum, as protobuf scopes them.</summary>
    public static IEnumerable<string> Of(FileDescriptorProto file)
    {
        foreach (var service in file.Service)
        {
            var name = Join(file.Package, service.Name);
            yield return name;
            foreach (var method in service.Method)
            {
                yield return Join(name, method.Name);
            }
        }

        foreach (var symbol in file.MessageType.SelectMany(message => OfMessage(file.Package, message)))
        {
            yield return symbol;
        }

        foreach (var symbol in file.EnumType.SelectMany(type => OfEnum(file.Package, type)))
        {
            yield return symbol;
        }

        foreach (var extension in file.Extension)
        {
            yield return Join(file.Package, extension.Name);
        }
    }

    /// <summary>Every extension in a file: the extended type's full name and the field number.</summary>
    public static IEnumerable<(string Extendee, int Number)> ExtensionsOf(FileDescriptorProto file) =>
        file.Extension.Concat(file.MessageType.SelectMany(NestedExtensions)).Select(field => (field.Extendee.TrimStart('.'), field.Number));

    /// <summary>A name within a scope, which may be empty.</summary>
    public static string Join(string scope, string name) => scope.Length == 0 ? name : $"{scope}.{name}";

    private static IEnumerable<string> OfMessage(string scope, DescriptorProto message)
    {
        var name = Join(scope, message.Name);
        return message.Field.Select(field => Join(name, field.Name))
            .Concat(message.OneofDecl.Select(oneof => Join(name, oneof.Name)))
            .Concat(message.Extension.Select(extension => Join(name, extension.Name)))
            .Concat(message.EnumType.SelectMany(type => OfEnum(name, type)))
            .Concat(message.NestedType.SelectMany(nested => OfMessage(name, nested)))
            .Prepend(name);
    }

    private static IEnumerable<string> OfEnum(string scope, EnumDescriptorProto type) =>
        type.Value.Select(value => Join(scope, value.Name)).Prepend(Join(scope, type.Name));

    private static IEnumerable<FieldDescriptorProto> NestedExtensions(DescriptorProto message) =>
        message.Extension.Concat(message.NestedType.SelectMany(NestedExtensions));
}

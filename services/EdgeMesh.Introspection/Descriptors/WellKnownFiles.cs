using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace EdgeMesh.Introspection;

/// <summary>The files of protobuf itself, for sets that leave them out.</summary>
internal static class WellKnownFiles
{
    private static readonly Dictionary<string, FileDescriptor> Files = new FileDescriptor[]
    {
        AnyReflection.Descriptor, ApiReflection.Descriptor, DescriptorReflection.Descriptor, DurationReflection.Descriptor, EmptyReflection.Descriptor,
        FieldMaskReflection.Descriptor, SourceContextReflection.Descriptor, StructReflection.Descriptor, TimestampReflection.Descriptor,
        TypeReflection.Descriptor, WrappersReflection.Descriptor,
    }.ToDictionary(file => file.Name, StringComparer.Ordinal);

    /// <summary>All of them.</summary>
    public static IEnumerable<FileDescriptor> All => Files.Values;

    /// <summary>The file of that name, or null.</summary>
    public static DescriptorFile? Find(string name) =>
        Files.TryGetValue(name, out var file) ? DescriptorFile.Create(file.SerializedData, file.ToProto()) : null;
}

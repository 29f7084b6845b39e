using EdgeMesh.Introspection.Tests.Protos;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace EdgeMesh.Introspection.Tests;

/// <summary>The test types as a stranger sees them: linked from serialized files, without generated code.</summary>
internal static class TestTypes
{
    public static DescriptorSet Set { get; } = DescriptorPool.Of([EverythingReflection.Descriptor, LegacyReflection.Descriptor]).Link();

    public static MessageDescriptor Everything { get; } = Set.FindMessage("edgemesh.tests.Everything")!;

    public static MessageDescriptor Legacy { get; } = Set.FindMessage("edgemesh.tests.Legacy")!;

    public static TypeRegistry Registry { get; } = TypeRegistry.FromFiles(EverythingReflection.Descriptor);
}

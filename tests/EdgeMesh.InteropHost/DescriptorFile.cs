using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Testing;

namespace EdgeMesh.InteropHost;

/// <summary>Writes the interop protos as a FileDescriptorSet, so that a dynamic language needs no generated code.</summary>
internal static class DescriptorFile
{
    private static readonly HashSet<string> Known = ["out"];

    /// <summary>Runs the subcommand.</summary>
    /// <returns>0.</returns>
    public static async Task<int> WriteAsync(string[] arguments)
    {
        var flags = Flags.Parse(arguments, Known);

        // A set's one field, number 1, is a file; each file stands behind those that it imports.
        FileDescriptor[] files = [EmptyReflection.Descriptor, MessagesReflection.Descriptor, TestReflection.Descriptor];
        await using var output = File.Create(flags.RequiredText("out"));
        using var writer = new CodedOutputStream(output);
        foreach (var file in files)
        {
            writer.WriteTag(1, WireFormat.WireType.LengthDelimited);
            writer.WriteBytes(file.SerializedData);
        }

        return 0;
    }
}

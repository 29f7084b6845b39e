using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace EdgeMesh.Introspection;

/// <summary>One .proto file as its compiler serialized it, with the names that it declares. Immutable.</summary>
/// <remarks>The bytes are kept as they came: options unknown here (custom ones) reach whoever asks for the file.</remarks>
public sealed class DescriptorFile
{
    private DescriptorFile(ByteString bytes, FileDescriptorProto proto)
    {
        Bytes = bytes;
        Proto = proto;
        Services = [.. proto.Service.Select(service => DescriptorSymbols.Join(proto.Package, service.Name))];
    }

    /// <summary>The name that other files import it by: <c>shop/v1/catalog.proto</c>.</summary>
    public string Name => Proto.Name;

    /// <summary>The serialized <c>google.protobuf.FileDescriptorProto</c>.</summary>
    public ByteString Bytes { get; }

    /// <summary>Names of the files that it imports.</summary>
    public IReadOnlyList<string> Imports => Proto.Dependency;

    /// <summary>Full names of the services that it declares.</summary>
    public IReadOnlyList<string> Services { get; }

    internal FileDescriptorProto Proto { get; }

    /// <summary>Reads one serialized <c>google.protobuf.FileDescriptorProto</c>.</summary>
    /// <exception cref="DescriptorException">It is not one, or has no name.</exception>
    public static DescriptorFile Parse(ByteString bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        try
        {
            return Create(bytes, FileDescriptorProto.Parser.ParseFrom(bytes));
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new DescriptorException($"not a FileDescriptorProto ({bytes.Length} bytes): {e.Message}", e);
        }
    }

    internal static DescriptorFile Create(ByteString bytes, FileDescriptorProto proto) => proto.Name.Length == 0
        ? throw new DescriptorException($"a FileDescriptorProto ({bytes.Length} bytes) has no name")
        : new DescriptorFile(bytes, proto);
}

using EdgeMesh.Benchmarks.Load;
using EdgeMesh.V1;
using EdgeMesh.Wire;
using Google.Protobuf;

namespace EdgeMesh.Benchmarks.Peers;

/// <summary>Calls of <c>GetObject</c>: one object a size, named by it.</summary>
internal static class ObjectCalls
{
    /// <summary>The bucket of all of them.</summary>
    public const string Bucket = "bench";

    private const string Method = "edgemesh.v1.ObjectStoreService/GetObject";

    /// <summary>The request for an object of so many bytes.</summary>
    public static GetObjectRequest Request(int sizeBytes) => new() { Bucket = Bucket, Key = FormattableString.Invariant($"bytes-{sizeBytes}") };

    /// <summary>Where h2load asks for it.</summary>
    public static LoadTarget Target(Uri server, int sizeBytes)
    {
        var message = Request(sizeBytes).ToByteArray();
        var framed = new byte[MessageFrame.HeaderSize + message.Length];
        MessageFrame.WriteHeader(framed, isCompressed: false, (uint)message.Length);
        message.CopyTo(framed, MessageFrame.HeaderSize);
        return new LoadTarget(new Uri(server, "/" + Method), framed);
    }

    /// <summary>How ghz asks for it.</summary>
    public static GhzTarget GhzTarget(Uri server, int sizeBytes) => new(server.Authority, Method, JsonFormatter.Default.Format(Request(sizeBytes)));
}

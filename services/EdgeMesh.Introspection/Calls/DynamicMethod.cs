using Google.Protobuf.Reflection;
using Grpc.Core;

namespace EdgeMesh.Introspection;

/// <summary>A method known only by descriptor, of any of the four types, called with JSON and answering with JSON.</summary>
/// <remarks>Thread-safe; many calls may run at once.</remarks>
public sealed class DynamicMethod
{
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create<byte[]>(bytes => bytes, bytes => bytes);
    private readonly Method<byte[], byte[]> _method;

    /// <summary>Makes a method callable.</summary>
    /// <param name="descriptor">The method.</param>
    /// <param name="types">Where types within an Any, and extensions, are found.</param>
    /// <param name="options">How messages become JSON.</param>
    public DynamicMethod(MethodDescriptor descriptor, DescriptorSet? types = null, ProtoJsonOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        Descriptor = descriptor;
        Json = new ProtoJson(types, options);

        // On the wire all four types are alike: messages, then their end, each way. So one kind of call does for all, and DynamicCall counts the messages.
        _method = new Method<byte[], byte[]>(MethodType.DuplexStreaming, descriptor.Service.FullName, descriptor.Name, Bytes, Bytes);
    }

    /// <summary>The method.</summary>
    public MethodDescriptor Descriptor { get; }

    internal ProtoJson Json { get; }

    /// <summary>Encodes a request as generated clients do: fields in order of their numbers.</summary>
    /// <exception cref="ProtoJsonException">It does not fit the method's input.</exception>
    public byte[] EncodeRequest(string json) => Json.ToWire(Descriptor.InputType, json);

    /// <summary>Starts a call. It ends when its answers are read to the end, or when it is disposed.</summary>
    /// <param name="invoker">How the server is called.</param>
    /// <param name="requests">JSON objects, sent as they come; exactly one unless the method takes a stream.</param>
    /// <param name="options">Metadata, deadline, cancellation.</param>
    public DynamicCall Start(CallInvoker invoker, IAsyncEnumerable<string> requests, CallOptions options = default)
    {
        ArgumentNullException.ThrowIfNull(invoker);
        ArgumentNullException.ThrowIfNull(requests);
        var cancel = CancellationTokenSource.CreateLinkedTokenSource(options.CancellationToken);
        return new DynamicCall(this, invoker.AsyncDuplexStreamingCall(_method, host: null, options.WithCancellationToken(cancel.Token)), requests, cancel);
    }
}

using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace EdgeMesh.GrpcStack.Tests.Server;

/// <summary>A service with one method of each type over BytesValue, bound as generated code is.</summary>
[BindServiceMethod(typeof(TestServiceMethods), nameof(TestServiceMethods.BindService))]
public abstract class TestServiceBase
{
    public virtual Task<BytesValue> Unary(BytesValue request, ServerCallContext context) => throw Unimplemented();

    public virtual Task<BytesValue> ClientStreaming(IAsyncStreamReader<BytesValue> requestStream, ServerCallContext context) => throw Unimplemented();

    public virtual Task ServerStreaming(BytesValue request, IServerStreamWriter<BytesValue> responseStream, ServerCallContext context) => throw Unimplemented();

    public virtual Task Duplex(IAsyncStreamReader<BytesValue> requestStream, IServerStreamWriter<BytesValue> responseStream, ServerCallContext context) => throw Unimplemented();

    private static RpcException Unimplemented() => new(new Status(StatusCode.Unimplemented, ""));
}

/// <summary>The methods, with marshallers as the generator writes them.</summary>
public static class TestServiceMethods
{
    public const string ServiceName = "test.TestService";

    private static readonly Marshaller<BytesValue> Marshaller = Marshallers.Create(Serialize, context => BytesValue.Parser.ParseFrom(context.PayloadAsReadOnlySequence()));

    public static readonly Method<BytesValue, BytesValue> Unary = new(MethodType.Unary, ServiceName, "Unary", Marshaller, Marshaller);

    public static readonly Method<BytesValue, BytesValue> ClientStreaming = new(MethodType.ClientStreaming, ServiceName, "ClientStreaming", Marshaller, Marshaller);

    public static readonly Method<BytesValue, BytesValue> ServerStreaming = new(MethodType.ServerStreaming, ServiceName, "ServerStreaming", Marshaller, Marshaller);

    public static readonly Method<BytesValue, BytesValue> Duplex = new(MethodType.DuplexStreaming, ServiceName, "Duplex", Marshaller, Marshaller);

    public static void BindService(ServiceBinderBase serviceBinder, TestServiceBase? serviceImpl)
    {
        serviceBinder.AddMethod(Unary, serviceImpl is null ? null : new UnaryServerMethod<BytesValue, BytesValue>(serviceImpl.Unary));
        serviceBinder.AddMethod(ClientStreaming, serviceImpl is null ? null : new ClientStreamingServerMethod<BytesValue, BytesValue>(serviceImpl.ClientStreaming));
        serviceBinder.AddMethod(ServerStreaming, serviceImpl is null ? null : new ServerStreamingServerMethod<BytesValue, BytesValue>(serviceImpl.ServerStreaming));
        serviceBinder.AddMethod(Duplex, serviceImpl is null ? null : new DuplexStreamingServerMethod<BytesValue, BytesValue>(serviceImpl.Duplex));
    }

    private static void Serialize(BytesValue message, SerializationContext context)
    {
        context.SetPayloadLength(message.CalculateSize());
        message.WriteTo(context.GetBufferWriter());
        context.Complete();
    }
}

using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace EdgeMesh.GrpcStack.Tests.Server;

/// <summary>What a test wants its service to do.</summary>
public sealed class ServiceScript
{
    public UnaryServerMethod<BytesValue, BytesValue> Unary { get; init; } = (request, _) => Task.FromResult(request);

    public ClientStreamingServerMethod<BytesValue, BytesValue>? ClientStreaming { get; init; }

    public ServerStreamingServerMethod<BytesValue, BytesValue>? ServerStreaming { get; init; }

    public DuplexStreamingServerMethod<BytesValue, BytesValue>? Duplex { get; init; }
}

/// <summary>A service that does what the test's script says.</summary>
public sealed class ScriptedService(ServiceScript script) : TestServiceBase
{
    public override Task<BytesValue> Unary(BytesValue request, ServerCallContext context) => script.Unary(request, context);

    public override Task<BytesValue> ClientStreaming(IAsyncStreamReader<BytesValue> requestStream, ServerCallContext context) =>
        script.ClientStreaming?.Invoke(requestStream, context) ?? base.ClientStreaming(requestStream, context);

    public override Task ServerStreaming(BytesValue request, IServerStreamWriter<BytesValue> responseStream, ServerCallContext context) =>
        script.ServerStreaming?.Invoke(request, responseStream, context) ?? base.ServerStreaming(request, responseStream, context);

    public override Task Duplex(IAsyncStreamReader<BytesValue> requestStream, IServerStreamWriter<BytesValue> responseStream, ServerCallContext context) =>
        script.Duplex?.Invoke(requestStream, responseStream, context) ?? base.Duplex(requestStream, responseStream, context);
}

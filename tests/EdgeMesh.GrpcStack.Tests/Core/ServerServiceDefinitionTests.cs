using EdgeMesh.GrpcStack.Tests.Server;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace EdgeMesh.GrpcStack.Tests.Core;

public sealed class ServerServiceDefinitionTests
{
    [Fact]
    public void BindService_GivesEveryMethodInOrder()
    {
        var service = new ScriptedService(new ServiceScript());
        var binder = new RecordingBinder();

        ServerServiceDefinition.CreateBuilder()
            .AddMethod(TestServiceMethods.Unary, service.Unary)
            .AddMethod(TestServiceMethods.ClientStreaming, service.ClientStreaming)
            .AddMethod(TestServiceMethods.ServerStreaming, service.ServerStreaming)
            .AddMethod(TestServiceMethods.Duplex, service.Duplex)
            .Build()
            .BindService(binder);

        Assert.Equal(
            ["Unary /test.TestService/Unary", "ClientStreaming /test.TestService/ClientStreaming", "ServerStreaming /test.TestService/ServerStreaming", "DuplexStreaming /test.TestService/Duplex"],
            binder.Bound);
    }

    [Fact]
    public void AddMethod_Twice_Throws()
    {
        var service = new ScriptedService(new ServiceScript());
        var builder = ServerServiceDefinition.CreateBuilder().AddMethod(TestServiceMethods.Unary, service.Unary);

        var fault = Assert.Throws<ArgumentException>(() => builder.AddMethod(TestServiceMethods.Unary, service.Unary));

        Assert.Contains("/test.TestService/Unary", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AddMethod_OnABinderThatTakesNone_SaysWhich()
    {
        var fault = Assert.Throws<NotSupportedException>(() => TestServiceMethods.BindService(new ServiceBinderBase(), null));

        Assert.Contains("/test.TestService/Unary", fault.Message, StringComparison.Ordinal);
    }

    private sealed class RecordingBinder : ServiceBinderBase
    {
        public List<string> Bound { get; } = [];

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) => Record(method, handler);

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler) => Record(method, handler);

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) => Record(method, handler);

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) => Record(method, handler);

        private void Record(IMethod method, Delegate? handler)
        {
            Assert.NotNull(handler);
            Bound.Add($"{method.Type} {method.FullName}");
        }
    }
}

using EdgeMesh.Testing;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeMesh.GrpcStack.Tests.Client;

/// <summary>Calls of a service whose messages are texts, as generated clients would make them.</summary>
internal static class ClientTestCalls
{
    public const string Path = "/test.v1.Texts/Call";

    public static AsyncUnaryCall<string> Unary(this GrpcChannel channel, CallOptions options = default, string request = "ping") =>
        channel.CreateCallInvoker().AsyncUnaryCall(Method(MethodType.Unary), null, options, request);

    public static AsyncServerStreamingCall<string> ServerStreaming(this GrpcChannel channel, CallOptions options = default, string request = "ping") =>
        channel.CreateCallInvoker().AsyncServerStreamingCall(Method(MethodType.ServerStreaming), null, options, request);

    public static AsyncClientStreamingCall<string, string> ClientStreaming(this GrpcChannel channel, CallOptions options = default) =>
        channel.CreateCallInvoker().AsyncClientStreamingCall(Method(MethodType.ClientStreaming), null, options);

    public static AsyncDuplexStreamingCall<string, string> Duplex(this GrpcChannel channel, CallOptions options = default) =>
        channel.CreateCallInvoker().AsyncDuplexStreamingCall(Method(MethodType.DuplexStreaming), null, options);

    public static Method<string, string> Method(MethodType type) =>
        new(type, "test.v1.Texts", "Call", Marshallers.StringMarshaller, Marshallers.StringMarshaller);

    /// <summary>Waits, bounded, for the failure of a call.</summary>
    public static Task<RpcException> FailsAsync(Task call) => Assert.ThrowsAsync<RpcException>(() => call.WaitAsync(TestDeadline.Default));

    /// <inheritdoc cref="FailsAsync(Task)"/>
    public static Task<RpcException> FailsAsync(this AsyncUnaryCall<string> call) => FailsAsync(call.ResponseAsync);

    /// <summary>Waits, bounded.</summary>
    public static Task<T> InTime<T>(this Task<T> task) => task.WaitAsync(TestDeadline.Default);

    /// <inheritdoc cref="InTime{T}(Task{T})"/>
    public static Task InTime(this Task task) => task.WaitAsync(TestDeadline.Default);
}

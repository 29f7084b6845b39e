using EdgeMesh.GrpcStack.Tests.Server;
using EdgeMesh.Testing;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeMesh.GrpcStack.Tests;

/// <summary>A handler that calls on: the caller's deadline and cancellation reach the last server.</summary>
public sealed class NestedCallTests
{
    [Fact]
    public async Task Deadline_PassedOn_IsTheSameMomentAtTheInnerServer()
    {
        DateTime outerDeadline = default;
        DateTime innerDeadline = default;
        await using var inner = await ScriptedHost.StartAsync(new ServiceScript
        {
            Unary = (request, context) =>
            {
                innerDeadline = context.Deadline;
                return Task.FromResult(request);
            },
        });
        using var channel = GrpcChannel.ForAddress(inner.Address);
        await using var outer = await ScriptedHost.StartAsync(new ServiceScript
        {
            Unary = async (request, context) =>
            {
                outerDeadline = context.Deadline;
                return await CallOnAsync(channel, request, context);
            },
        });

        var answer = await outer.CallAsync("Unary", Frames.Of(1), ("grpc-timeout", "1H"));

        Assert.Equal(StatusCode.OK, answer.Status);
        Assert.Equal([1], Frames.Value(answer.Messages.Single().Bytes));
        Assert.InRange((innerDeadline - outerDeadline).Duration(), TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Cancellation_PassedOn_ReachesTheInnerServer()
    {
        var started = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        await using var inner = await ScriptedHost.StartAsync(new ServiceScript
        {
            Unary = async (request, context) =>
            {
                await using var registration = context.CancellationToken.Register(cancelled.SetResult);
                started.SetResult();
                await cancelled.Task;
                return request;
            },
        });
        using var channel = GrpcChannel.ForAddress(inner.Address);
        await using var outer = await ScriptedHost.StartAsync(new ServiceScript { Unary = (request, context) => CallOnAsync(channel, request, context) });
        using var call = new RawCall(outer, "Unary");
        call.Send(Frames.Of(1));
        call.Complete();
        await started.Task.WaitAsync(TestDeadline.Default);

        await call.CancelAsync();

        await cancelled.Task.WaitAsync(TestDeadline.Default);
    }

    private static async Task<BytesValue> CallOnAsync(GrpcChannel channel, BytesValue request, ServerCallContext context) =>
        await channel.CreateCallInvoker().AsyncUnaryCall(
            TestServiceMethods.Unary, null, new CallOptions(deadline: context.Deadline, cancellationToken: context.CancellationToken), request);
}

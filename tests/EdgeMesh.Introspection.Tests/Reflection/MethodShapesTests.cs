using EdgeMesh.Introspection.Tests.Protos;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeMesh.Introspection.Tests;

public class MethodShapesTests
{
    [Fact]
    public async Task Current_OwnServices_SaysHowMessagesFlow()
    {
        await using var node = await TestNode.StartAsync(options => options.Services.Add(Catalog.Descriptor));

        Assert.Equal(
            [
                new MethodShape { Method = "shop.v1.Catalog/Chat", ClientStreaming = true, ServerStreaming = true },
                new MethodShape { Method = "shop.v1.Catalog/GetProduct", SideEffectFree = true },
                new MethodShape { Method = "shop.v1.Catalog/ListProducts", ServerStreaming = true },
                new MethodShape { Method = "shop.v1.Catalog/PutProducts", ClientStreaming = true, Idempotent = true },
            ],
            node.Get<MethodShapes>().Current.Where(shape => shape.Method.StartsWith("shop.", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Current_OriginThatStartsLater_IsAddedAndTold()
    {
        var port = FreePort.Take();
        var time = new ManualTimeProvider();
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        await using var node = await TestNode.StartAsync(
            services => services.AddSingleton<TimeProvider>(time).AddNodeIntrospection((_, options) =>
                options.Origins.Add(new OriginDescriptors { ServicePrefix = "shop.v1.", Name = "the shop", Reflection = channel.CreateCallInvoker() })),
            app => app.MapNodeIntrospection());
        var shapes = node.Get<MethodShapes>();
        await node.Get<ReflectionIndex>().RefreshAsync(CancellationToken.None).WaitAsync(TestDeadline.Default);
        Assert.DoesNotContain(shapes.Current, shape => shape.Method == "shop.v1.Shop/Call");
        var changed = new TaskCompletionSource();
        shapes.Changed += () => changed.TrySetResult();

        await using var origin = await new ScriptedOrigin(TestFiles.WithOwnCommon("shop.v1", "Shop", "pounds")).StartAsync(port: port);
        time.Advance(new IntrospectionTiming().RetryInterval);

        await changed.Task.WaitAsync(TestDeadline.Default);
        Assert.Contains(shapes.Current, shape => shape.Method == "shop.v1.Shop/Call");
    }
}

using System.Runtime.CompilerServices;
using System.Threading.Channels;
using EdgeMesh.Introspection.Tests.Protos;
using EdgeMesh.Testing;
using Grpc.Core;

namespace EdgeMesh.Introspection.Tests;

public class DynamicCallTests
{
    [Fact]
    public async Task Start_Unary_AnswersJson()
    {
        await using var node = await StartAsync();
        var method = await MethodAsync(node, "shop.v1.Catalog/GetProduct");

        using var call = method.Start(node.Channel.CreateCallInvoker(), Requests("""{"name": "tea", "stock": 41}"""), new CallOptions(new Metadata { { "caller", "me" } }));

        Assert.Equal(["""{"name":"tea","stock":"42"}"""], await ReadAsync(call));
        Assert.Equal("me", call.GetTrailers().GetValue("caller"));
        Assert.NotNull(await call.ResponseHeadersAsync);
    }

    [Fact]
    public async Task Start_ClientStreaming_SendsAll() =>
        Assert.Equal(["""{"stock":"6"}"""], await CallAsync("shop.v1.Catalog.PutProducts", """{"stock": 1}""", """{"stock": 2}""", """{"stock": 3}"""));

    [Fact]
    public async Task Start_ServerStreaming_ReadsAll() =>
        Assert.Equal(["""{"name":"p1"}""", """{"name":"p2"}"""], await CallAsync("/shop.v1.Catalog/ListProducts", """{"name": "p", "stock": 2}"""));

    [Fact]
    public async Task Start_Bidirectional_AnswersBeforeTheNextRequest()
    {
        await using var node = await StartAsync();
        var method = await MethodAsync(node, "shop.v1.Catalog/Chat");
        var requests = Channel.CreateUnbounded<string>();
        using var call = method.Start(node.Channel.CreateCallInvoker(), requests.Reader.ReadAllAsync());
        await using var answers = call.ReadAllAsync().GetAsyncEnumerator();

        // Each request is made only once the answer before it is there.
        Assert.Equal("""{"name":"hello"}""", await NextAsync(answers));
        requests.Writer.TryWrite("""{"name": "a"}""");
        Assert.Equal("""{"name":"re: a"}""", await NextAsync(answers));
        requests.Writer.TryWrite("""{"name": "b"}""");
        Assert.Equal("""{"name":"re: b"}""", await NextAsync(answers));
        requests.Writer.Complete();
        Assert.Null(await NextAsync(answers));
    }

    [Fact]
    public async Task Start_Failure_HasStatusAndTrailers()
    {
        await using var node = await StartAsync();
        var method = await MethodAsync(node, "shop.v1.Catalog/GetProduct");
        using var call = method.Start(node.Channel.CreateCallInvoker(), Requests("""{"name": "missing"}"""));

        var e = await Assert.ThrowsAsync<RpcException>(() => ReadAsync(call));

        Assert.Equal((StatusCode.NotFound, "no such product"), (e.StatusCode, e.Status.Detail));
        Assert.Equal("sold", e.Trailers.GetValue("why"));
    }

    [Fact]
    public async Task Start_RequestThatDoesNotFit_SaysSo()
    {
        var e = await Assert.ThrowsAsync<ProtoJsonException>(() => CallAsync("shop.v1.Catalog/Chat", """{"name": "ok"}""", """{"stock": "many"}"""));

        Assert.Equal("""$.stock: expected int64, got "many" """.TrimEnd(), e.Message);
    }

    [Fact]
    public async Task Start_RequestsFailOfThemselves_FailsSo()
    {
        static async IAsyncEnumerable<string> Failing()
        {
            yield return "{}";
            await Task.Yield();
            throw new InvalidOperationException("standard input broke");
        }

        await using var node = await StartAsync();
        var method = await MethodAsync(node, "shop.v1.Catalog/Chat");
        using var call = method.Start(node.Channel.CreateCallInvoker(), Failing());

        Assert.Equal("standard input broke", (await Assert.ThrowsAsync<InvalidOperationException>(() => ReadAsync(call))).Message);
    }

    [Fact]
    public async Task Start_WrongNumberOfRequests_SaysSo()
    {
        Assert.Equal("shop.v1.Catalog.GetProduct takes one request, got none", (await Assert.ThrowsAsync<ArgumentException>(() => CallAsync("shop.v1.Catalog/GetProduct"))).Message);
        Assert.Equal("shop.v1.Catalog.ListProducts takes one request, got more", (await Assert.ThrowsAsync<ArgumentException>(() => CallAsync("shop.v1.Catalog/ListProducts", "{}", "{}"))).Message);
    }

    [Fact]
    public async Task Start_ReaderLeaves_EndsTheCall()
    {
        await using var node = await StartAsync();
        var method = await MethodAsync(node, "shop.v1.Catalog/Chat");
        var left = new TaskCompletionSource();
        using var call = method.Start(node.Channel.CreateCallInvoker(), Endless(left));

        await foreach (var _ in call.ReadAllAsync())
        {
            break;
        }

        await left.Task.WaitAsync(TestDeadline.Default);
    }

    [Fact]
    public async Task Start_RequestThatNeverComes_DoesNotHoldTheReader()
    {
        static async IAsyncEnumerable<string> Silent(Task forever)
        {
            await forever;
            yield return "{}";
        }

        await using var node = await StartAsync();
        var method = await MethodAsync(node, "shop.v1.Catalog/Chat");
        using var call = method.Start(node.Channel.CreateCallInvoker(), Silent(new TaskCompletionSource().Task));
        var answers = call.ReadAllAsync().GetAsyncEnumerator();

        Assert.Equal("""{"name":"hello"}""", await NextAsync(answers));
        await answers.DisposeAsync().AsTask().WaitAsync(TestDeadline.Default);
    }

    [Theory]
    [InlineData("nothing", typeof(ArgumentException), "SERVICE/METHOD")]
    [InlineData("no.Such/Method", typeof(NotDescribedException), "does not know \"no.Such\"")]
    [InlineData("shop.v1.Product/Method", typeof(RpcException), "\"shop.v1.Product\" is not a service")]
    [InlineData("shop.v1.Catalog/Nothing", typeof(RpcException), "has no method \"Nothing\"; it has GetProduct, PutProducts, ListProducts, Chat")]
    public async Task GetMethodAsync_UnknownName_SaysWhat(string name, Type exception, string part)
    {
        await using var node = await StartAsync();

        Assert.Contains(part, (await Assert.ThrowsAsync(exception, () => MethodAsync(node, name))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ListServicesAsync_Node_HasItsServices()
    {
        await using var node = await StartAsync();

        Assert.Equal(
            ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection", "shop.v1.Catalog"],
            await new ReflectionClient(node.Channel.CreateCallInvoker()).ListServicesAsync());
    }

    private static Task<TestNode> StartAsync() => TestNode.StartAsync(options => options.Services.Add(Catalog.Descriptor));

    private static Task<DynamicMethod> MethodAsync(TestNode node, string name) =>
        new ReflectionClient(node.Channel.CreateCallInvoker()).GetMethodAsync(name).WaitAsync(TestDeadline.Default);

    private static async Task<List<string>> CallAsync(string name, params string[] requests)
    {
        await using var node = await StartAsync();
        var method = await MethodAsync(node, name);
        using var call = method.Start(node.Channel.CreateCallInvoker(), Requests(requests));
        return await ReadAsync(call);
    }

    private static async Task<List<string>> ReadAsync(DynamicCall call)
    {
        using var deadline = new CancellationTokenSource(TestDeadline.Default);
        var answers = new List<string>();
        try
        {
            await foreach (var answer in call.ReadAllAsync(deadline.Token))
            {
                answers.Add(answer);
            }
        }
        finally
        {
            Assert.False(deadline.IsCancellationRequested, "the call ended by itself");
        }

        return answers;
    }

    private static async Task<string?> NextAsync(IAsyncEnumerator<string> answers) =>
        await answers.MoveNextAsync().AsTask().WaitAsync(TestDeadline.Default) ? answers.Current : null;

    private static async IAsyncEnumerable<string> Requests(params string[] requests)
    {
        await Task.CompletedTask;
        foreach (var request in requests)
        {
            yield return request;
        }
    }

    private static async IAsyncEnumerable<string> Endless(TaskCompletionSource left, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        try
        {
            while (true)
            {
                yield return """{"name": "more"}""";
                await Task.Yield();
                cancellation.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            left.SetResult();
        }
    }
}

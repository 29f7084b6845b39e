using System.Collections.Concurrent;
using System.Net;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using EdgeMesh.Wire;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace EdgeMesh.Scenarios;

/// <summary>Calls that go the whole way: client, edge location, Region, and an origin that answers with bytes of the test's choice.</summary>
public sealed class WholeWayTests : IAsyncLifetime
{
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create(bytes => bytes, bytes => bytes);
    private static readonly Method<byte[], byte[]> GetProduct = new(MethodType.Unary, "shop.v1.Catalog", "GetProduct", Bytes, Bytes);
    private static readonly Method<byte[], byte[]> Talk = new(MethodType.DuplexStreaming, "shop.v1.Chat", "Talk", Bytes, Bytes);

    /// <summary>Base64 of several values, two of them alike and one empty, as the origin sends them: a field each.</summary>
    private static readonly string[] AnswerItems = ["AAEC", "", "/ywg", "AAEC"];

    private readonly TempDirectory _directory = new();
    private readonly ConcurrentQueue<Dictionary<string, StringValues>> _arrived = new();
    private readonly TaskCompletionSource _firstArrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WebApplication _origin = null!;
    private NodeProcess _region = null!;
    private NodeProcess _edge = null!;
    private GrpcChannel _channel = null!;
    private CallInvoker _client = null!;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2));
        _origin = builder.Build();
        _origin.MapPost("/shop.v1.Catalog/GetProduct", AnswerProductAsync);
        _origin.MapPost("/shop.v1.Chat/Talk", GreetAndEchoAsync);
        await _origin.StartAsync();
        var descriptors = _directory.File("shop.binpb");
        await File.WriteAllBytesAsync(descriptors, Describe(GetProduct, Talk).ToByteArray());
        _region = await NodeProcess.StartRegionAsync(
            _directory.File("region"), "--origin", $"shop.v1.={_origin.Urls.Single()}", "--origin-descriptors", $"shop.v1.={descriptors}");
        await WaitForShapesAsync(_region.AdminAddress);
        _edge = await NodeProcess.StartEdgeAsync(_region, "LHR50-1");
        await _edge.Process.WaitForLineAsync("Joined Region");
        _channel = GrpcChannel.ForAddress(_edge.Address);
        _client = _channel.CreateCallInvoker();
    }

    public async Task DisposeAsync()
    {
        _channel.Dispose();
        await _edge.DisposeAsync();
        await _region.DisposeAsync();
        await _origin.DisposeAsync();
        _directory.Dispose();
        _edge.AssertNoUnexpectedErrors();
        _region.AssertNoUnexpectedErrors();
    }

    [Fact]
    public async Task ColdCallers_TwoHundredOfOneKey_CostOneOriginCall()
    {
        using var first = Call([1]);
        await _firstArrived.Task.WaitAsync(TestDeadline.Default);
        var calls = Enumerable.Range(1, 199).Select(_ => Call([1])).Append(first).ToList();

        _released.SetResult();

        var answers = await Task.WhenAll(calls.Select(c => c.ResponseAsync)).WaitAsync(TestDeadline.Default);
        Assert.All(answers, a => Assert.Equal([1], a));
        Assert.Single(_arrived);
    }

    [Fact]
    public async Task Callers_WithDifferentCredentials_EachReachTheOrigin()
    {
        _released.SetResult();

        foreach (var credentials in new[] { "Bearer alice", "Bearer bob", "Bearer alice" })
        {
            using var call = Call([2], new Metadata { { "authorization", credentials }, { "x-private", "1" } });
            await call.ResponseAsync;
        }

        Assert.Equal(["Bearer alice", "Bearer bob"], _arrived.Select(headers => headers["authorization"].ToString()).Distinct());
        using var other = Call([2], new Metadata { { "authorization", "Bearer carol" } });
        var status = (await other.ResponseHeadersAsync).GetValue("cache-status");
        await other.ResponseAsync;
        Assert.DoesNotContain("; hit", status, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metadata_DuplicateBinaryEntriesOfOurClient_ArriveBothWays()
    {
        _released.SetResult();
        byte[][] values = [[0, 1, 2], [], [255, 44, 32], [0, 1, 2]];
        var sent = new Metadata();
        foreach (var value in values)
        {
            sent.Add("trace-items-bin", value);
        }

        using var call = Call([3], sent);
        var headers = await call.ResponseHeadersAsync;
        await call.ResponseAsync;

        // The transport of .NET clients joins them with commas, at which receivers must split binary values.
        var received = Assert.Single(_arrived)["trace-items-bin"].SelectMany(v => v!.Split(',', StringSplitOptions.TrimEntries));
        Assert.Equal(values.Select(v => MetadataRules.EncodeBinary(v)), received);
        Assert.Equal(AnswerItems, headers.GetAll("answer-items-bin").Select(e => MetadataRules.EncodeBinary(e.ValueBytes)));
        Assert.Equal(AnswerItems, call.GetTrailers().GetAll("trailing-items-bin").Select(e => MetadataRules.EncodeBinary(e.ValueBytes)));
    }

    [ForeignFact("curl")]
    public async Task Metadata_DuplicateFieldsOnTheWire_ArriveAsSentBothWays()
    {
        _released.SetResult();
        var request = _directory.File("request");
        await File.WriteAllBytesAsync(request, Frame([4]));

        await using var curl = ChildProcess.Start("curl",
        [
            "--silent", "--show-error", "--http2-prior-knowledge", "--dump-header", "-", "--output", _directory.File("answer"), "--data-binary", $"@{request}",
            "-H", "content-type: application/grpc", "-H", "te: trailers", "-H", "trace-items-bin: AAEC", "-H", "trace-items-bin: /ywg", "-H", "trace-items-bin: AAEC",
            new Uri(_edge.Address, "/shop.v1.Catalog/GetProduct").AbsoluteUri,
        ]);
        Assert.Equal(0, await curl.WaitForExitAsync());

        Assert.Equal(["AAEC", "/ywg", "AAEC"], Assert.Single(_arrived)["trace-items-bin"].AsEnumerable());
        Assert.Equal(AnswerItems.Select(v => $"answer-items-bin: {v}"), curl.Output.Where(l => l.StartsWith("answer-items-bin", StringComparison.Ordinal)));
        Assert.Equal(AnswerItems.Select(v => $"trailing-items-bin: {v}"), curl.Output.Where(l => l.StartsWith("trailing-items-bin", StringComparison.Ordinal)));
        Assert.Equal(Frame([4]), await File.ReadAllBytesAsync(_directory.File("answer")));
    }

    [Fact]
    public async Task Bidirectional_ThatWaitsForTheServersFirstMessage_Passes()
    {
        using var call = _client.AsyncDuplexStreamingCall(Talk, null, new CallOptions());

        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TestDeadline.Default));
        Assert.Equal("hello"u8.ToArray(), call.ResponseStream.Current);
        for (byte i = 0; i < 3; i++)
        {
            await call.RequestStream.WriteAsync([i]);
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TestDeadline.Default));
            Assert.Equal([i], call.ResponseStream.Current);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TestDeadline.Default));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    /// <summary>The descriptor set of services with these methods, whose shapes every node then knows and need not learn.</summary>
    private static FileDescriptorSet Describe(params IMethod[] methods)
    {
        var file = new FileDescriptorProto { Name = "shop/v1/shop.proto", Package = "shop.v1", Syntax = "proto3", MessageType = { new DescriptorProto { Name = "Anything" } } };
        foreach (var method in methods)
        {
            var service = new ServiceDescriptorProto { Name = method.ServiceName["shop.v1.".Length..] };
            service.Method.Add(new MethodDescriptorProto
            {
                Name = method.Name,
                InputType = ".shop.v1.Anything",
                OutputType = ".shop.v1.Anything",
                ClientStreaming = method.Type is MethodType.ClientStreaming or MethodType.DuplexStreaming,
                ServerStreaming = method.Type is MethodType.ServerStreaming or MethodType.DuplexStreaming,
            });
            file.Service.Add(service);
        }

        return new FileDescriptorSet { File = { file } };
    }

    /// <summary>Joins for as long as it takes the Region to publish what it knows of the origin's methods.</summary>
    private static async Task WaitForShapesAsync(Uri region)
    {
        using var channel = GrpcChannel.ForAddress(region);
        using var limit = new CancellationTokenSource(TestDeadline.Default);
        using var call = new TopologyService.TopologyServiceClient(channel).Join(cancellationToken: limit.Token);
        var hello = new JoinRequest.Types.Hello { Name = "LHR99-1", Kind = NodeKind.EdgeLocation, Address = "http://127.0.0.1:1", Version = "test" };
        await call.RequestStream.WriteAsync(new JoinRequest { Hello = hello });
        do
        {
            Assert.True(await call.ResponseStream.MoveNext(limit.Token));
        }
        while (!call.ResponseStream.Current.Methods.Any(m => m.Method == "shop.v1.Catalog/GetProduct"));
    }

    private static byte[] Frame(byte[] message)
    {
        var framed = new byte[MessageFrame.HeaderSize + message.Length];
        MessageFrame.WriteHeader(framed, isCompressed: false, (uint)message.Length);
        message.CopyTo(framed, MessageFrame.HeaderSize);
        return framed;
    }

    private AsyncUnaryCall<byte[]> Call(byte[] request, Metadata? headers = null) =>
        _client.AsyncUnaryCall(GetProduct, null, new CallOptions(headers), request);

    /// <summary>Answers with the request's message once released, cacheable; private to the caller when asked for.</summary>
    private async Task AnswerProductAsync(HttpContext context)
    {
        using var request = new MemoryStream();
        await context.Request.Body.CopyToAsync(request);
        _arrived.Enqueue(context.Request.Headers.ToDictionary(StringComparer.OrdinalIgnoreCase));
        _firstArrived.TrySetResult();
        await _released.Task.WaitAsync(context.RequestAborted);

        context.Response.ContentType = HeaderNames.GrpcContentType;
        context.Response.Headers.CacheControl = context.Request.Headers.ContainsKey("x-private") ? "max-age=60" : "public, max-age=60";
        context.Response.Headers["answer-items-bin"] = AnswerItems;
        await context.Response.Body.WriteAsync(request.ToArray());
        var trailers = context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers;
        trailers["trailing-items-bin"] = AnswerItems;
        trailers[HeaderNames.GrpcStatus] = "0";
    }

    /// <summary>Speaks first, then sends each message back.</summary>
    private static async Task GreetAndEchoAsync(HttpContext context)
    {
        context.Response.ContentType = HeaderNames.GrpcContentType;
        await context.Response.Body.WriteAsync(Frame("hello"u8.ToArray()));
        await context.Response.Body.FlushAsync();
        var buffer = new byte[1024];
        while (await context.Request.Body.ReadAsync(buffer) is > 0 and var count)
        {
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, count));
            await context.Response.Body.FlushAsync();
        }

        context.Response.AppendTrailer(HeaderNames.GrpcStatus, "0");
    }
}

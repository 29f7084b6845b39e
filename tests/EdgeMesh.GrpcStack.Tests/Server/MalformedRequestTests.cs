using System.Net;
using EdgeMesh.Testing;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace EdgeMesh.GrpcStack.Tests.Server;

public sealed class MalformedRequestTests
{
    public static TheoryData<string, byte[], string> UnaryBodies => new()
    {
        { "no message", [], "Incomplete message." },
        { "part of a header", [0, 0, 0], "Incomplete message." },
        { "a header alone", [0, 0, 0, 0, 1], "Incomplete message." },
        { "part of a message", [0, 0, 0, 0, 9, 1, 2], "Incomplete message." },
        { "two messages", [.. Frames.Of(1), .. Frames.Of(2)], "Additional data after the message received." },
        { "a byte too many", [.. Frames.Of(1), 0], "Additional data after the message received." },
        { "flag 2", [2, 0, 0, 0, 0], "Malformed message: its compressed flag is neither 0 nor 1." },
        { "flag 255 alone", [255], "Malformed message: its compressed flag is neither 0 nor 1." },
        { "not protobuf", Frames.Around([0xff, 0xff, 0xff]), "The message cannot be deserialized." },
    };

    [Theory]
    [MemberData(nameof(UnaryBodies))]
    public async Task Unary_MalformedBody_IsInternal(string name, byte[] body, string message)
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript { Unary = (_, _) => throw new InvalidOperationException($"Called for {name}.") });

        var answer = await host.CallAsync("Unary", body);

        Assert.True(answer.IsTrailersOnly);
        Assert.Equal(StatusCode.Internal, answer.Status);
        Assert.Equal(message, answer.Message);
        host.Log.AssertNoUnexpectedErrors();
    }

    [Fact]
    public async Task ClientStreaming_TruncatedMessage_FailsTheRead()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript
        {
            ClientStreaming = async (requests, _) =>
            {
                Assert.True(await requests.MoveNext());
                var first = requests.Current;
                await requests.MoveNext();
                return first;
            },
        });

        var answer = await host.CallAsync("ClientStreaming", [.. Frames.Of(1), 0, 0, 0, 0, 9, 1]);

        Assert.Equal(StatusCode.Internal, answer.Status);
        Assert.Equal("Incomplete message.", answer.Message);
    }

    [Theory]
    [InlineData("application/json", 415)]
    [InlineData("application/grpc-web", 415)]
    [InlineData("application/grpcx", 415)]
    [InlineData("application/grpc+proto", 200)]
    [InlineData("application/grpc;charset=utf-8", 200)]
    [InlineData("APPLICATION/GRPC", 200)]
    public async Task ContentType_OnlyGrpcIsServed(string contentType, int httpStatus)
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript());
        var request = ScriptedHost.Request("Unary", new ByteArrayContent(Frames.Of(1)));
        request.Content!.Headers.Remove("content-type");
        request.Content.Headers.TryAddWithoutValidation("content-type", contentType);

        using var response = await host.Client.SendAsync(request);
        var answer = await RawAnswer.ReadAsync(response);

        Assert.Equal(httpStatus, answer.HttpStatus);
        Assert.Equal(httpStatus == 200 ? StatusCode.OK : StatusCode.Internal, answer.Status);
        if (httpStatus != 200)
        {
            Assert.Equal($"Content-Type '{contentType}' is not supported.", answer.Message);
        }
    }

    [Fact]
    public async Task Get_OfAMethod_IsNotAllowed()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript());

        using var response = await host.Client.GetAsync($"/{TestServiceMethods.ServiceName}/Unary");

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal(["POST"], response.Content.Headers.Allow);
    }

    [Fact]
    public async Task Http11_OnAnHttp11Port_IsToldToUpgrade()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript(), protocols: HttpProtocols.Http1);
        using var client = new HttpClient { Timeout = TestDeadline.Default };
        using var content = new ByteArrayContent(Frames.Of(1));
        content.Headers.TryAddWithoutValidation("content-type", "application/grpc");

        using var response = await client.PostAsync(new Uri(host.Address, $"/{TestServiceMethods.ServiceName}/Unary"), content);
        var answer = await RawAnswer.ReadAsync(response);

        Assert.Equal(426, answer.HttpStatus);
        Assert.Equal("Request protocol 'HTTP/1.1' is not supported.", answer.Message);
        Assert.Equal(["HTTP/2"], answer.Headers["upgrade"]);
    }

    [Theory]
    [InlineData("/test.TestService/Nothing", "Method is unimplemented.")]
    [InlineData("/nothing.Nobody/Nothing", "Service is unimplemented.")]
    public async Task Unknown_MethodOrService_IsUnimplemented(string path, string message)
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript());
        var request = ScriptedHost.Request("Unary", new ByteArrayContent(Frames.Of(1)));
        request.RequestUri = new Uri(host.Address, path);

        using var response = await host.Client.SendAsync(request);
        var answer = await RawAnswer.ReadAsync(response);

        Assert.Equal(200, answer.HttpStatus);
        Assert.True(answer.IsTrailersOnly);
        Assert.Equal(StatusCode.Unimplemented, answer.Status);
        Assert.Equal(message, answer.Message);
        Assert.Equal(["application/grpc"], answer.Headers["content-type"]);

        // A request that has not all come when it is refused is then reset with NO_ERROR (RFC 9113 section 8.1).
        var frame = Assert.Single(host.Frames, frame => frame.Type != FrameType.RstStream);
        Assert.True(frame.EndStream);
    }

    [Fact]
    public async Task Unimplemented_OverriddenByNobody_IsTheBaseClassAnswer()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript());

        Assert.Equal(StatusCode.Unimplemented, (await host.CallAsync("Duplex", [])).Status);
    }

    [Fact]
    public async Task Unknown_NotGrpc_IsLeftToOthers()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript(), map: app => app.MapPost("/a/b", () => "mine"));

        Assert.Equal("mine", await (await host.Client.PostAsync("/a/b", null)).Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.NotFound, (await host.Client.PostAsync("/c/d", null)).StatusCode);
    }

    [Fact]
    public async Task Unknown_Ignored_IsLeftToOthers()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript(), options => options.IgnoreUnknownServices = true);
        var request = ScriptedHost.Request("Unary");
        request.RequestUri = new Uri(host.Address, "/nothing.Nobody/Nothing");

        using var response = await host.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }
}

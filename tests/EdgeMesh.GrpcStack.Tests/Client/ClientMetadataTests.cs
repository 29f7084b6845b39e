using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace EdgeMesh.GrpcStack.Tests.Client;

public sealed class ClientMetadataTests
{
    [Fact]
    public async Task Sent_TextAndBinary_ArriveAsTheProtocolSays()
    {
        var metadata = new Metadata
        {
            { "x-text", "a b~" },
            { "x-bytes-bin", new byte[] { 0xfb, 0xff } },
            { "x-twice-bin", new byte[] { 1 } },
            { "x-twice-bin", new byte[] { 2, 3 } },
        };

        var headers = await HeadersOfACallAsync(metadata);

        Assert.Equal("a b~", headers["x-text"]);
        Assert.Equal("+/8", headers["x-bytes-bin"]);

        // The transport joins: receivers split binary values at commas.
        Assert.Equal(["AQ", "AgM"], string.Join(',', headers["x-twice-bin"].ToArray()).Split(',', StringSplitOptions.TrimEntries));
    }

    [Fact]
    public async Task Sent_NamesOfTheProtocol_StayTheProtocols()
    {
        var metadata = new Metadata { { "te", "nonsense" }, { "grpc-timeout", "1S" }, { "content-type", "text/plain" }, { "grpc-accept-encoding", "x" }, { "grpc-status", "0" } };

        var headers = await HeadersOfACallAsync(metadata);

        Assert.Equal("trailers", headers["te"]);
        Assert.Equal("application/grpc", headers["content-type"]);
        Assert.Equal("identity,gzip", headers["grpc-accept-encoding"]);
        Assert.False(headers.ContainsKey("grpc-timeout"));
        Assert.False(headers.ContainsKey("grpc-status"));
    }

    [Theory]
    [InlineData("caf\u00e9")]
    [InlineData("two\r\nlines: evil")]
    [InlineData("nul\0")]
    public async Task Sent_TextThatIsNotPrintableAscii_IsInternalAndNeverSent(string value)
    {
        await using var server = await ClientTestServer.StartAsync(context => context.EndAsync());
        using var channel = server.Connect();

        var failure = await channel.Unary(new CallOptions(new Metadata { { "x-text", value } })).FailsAsync();

        Assert.Equal(StatusCode.Internal, failure.StatusCode);
        Assert.Contains("x-text", failure.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(0, server.Requests);
    }

    [Fact]
    public async Task Received_RepeatedNames_StayApartAndInOrder()
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            context.Response.Headers["x-text"] = new(["one, two", "three"]);
            context.Response.Headers["x-bytes-bin"] = new(["AQ", "", "Ag=="]);
            await context.SendAsync("pong");
            await context.EndAsync(0, null, ("x-end-bin", "AQ, Ag,,Aw=="), ("x-end-bin", "BA"), ("x-end", "last"), ("x-end", "least"));
        });
        using var channel = server.Connect();
        var call = channel.Unary();

        await call.ResponseAsync.InTime();

        var headers = await call.ResponseHeadersAsync;
        Assert.Equal(["one, two", "three"], headers.GetAll("x-text").Select(entry => entry.Value));
        Assert.Equal(["01", "", "02"], headers.GetAll("x-bytes-bin").Select(entry => Convert.ToHexString(entry.ValueBytes)));
        Assert.Equal(["01", "02", "", "03", "04"], call.GetTrailers().GetAll("x-end-bin").Select(entry => Convert.ToHexString(entry.ValueBytes)));
        Assert.Equal(["last", "least"], call.GetTrailers().GetAll("x-end").Select(entry => entry.Value));
        Assert.True(headers.IsReadOnly);
    }

    [Fact]
    public async Task Received_NamesOfTheProtocol_AreNotMetadata()
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            context.Response.Headers["grpc-encoding"] = "gzip";
            context.Response.Headers["grpc-accept-encoding"] = "gzip";
            await context.SendAsync("pong");
            await context.EndAsync(0, "fine");
        });
        using var channel = server.Connect();
        var call = channel.Unary();

        await call.ResponseAsync.InTime();

        var names = (await call.ResponseHeadersAsync).Concat(call.GetTrailers()).Select(entry => entry.Key);
        Assert.DoesNotContain(names, name => name.StartsWith("grpc-", StringComparison.Ordinal) || name == "content-type");
        Assert.Equal("fine", call.GetStatus().Detail);
    }

    [Fact]
    public async Task Received_BinaryThatIsNotBase64_IsInternalAndNamesIt()
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            context.Response.Headers["x-bytes-bin"] = "!?";
            await context.SendAsync("pong");
            await context.EndAsync();
        });
        using var channel = server.Connect();

        var failure = await channel.Unary().FailsAsync();

        Assert.Equal(StatusCode.Internal, failure.StatusCode);
        Assert.Contains("x-bytes-bin", failure.Status.Detail, StringComparison.Ordinal);
    }

    private static async Task<IHeaderDictionary> HeadersOfACallAsync(Metadata metadata)
    {
        var seen = new TaskCompletionSource<IHeaderDictionary>();
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            seen.SetResult(context.CopyRequestHeaders());
            await context.SendAsync("pong");
            await context.EndAsync();
        });
        using var channel = server.Connect();
        await channel.Unary(new CallOptions(metadata)).ResponseAsync.InTime();
        return await seen.Task;
    }
}

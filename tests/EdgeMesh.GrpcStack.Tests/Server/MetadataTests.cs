using Grpc.Core;

namespace EdgeMesh.GrpcStack.Tests.Server;

public sealed class MetadataTests
{
    [Fact]
    public async Task RequestHeaders_JoinedBinaryValues_ComeApart()
    {
        Metadata? seen = null;
        await using var host = await ScriptedHost.StartAsync(Keep(headers => seen = headers));

        // HttpClient joins repeated headers with commas, as proxies may: binary values are taken apart again, text cannot be.
        await host.CallAsync("Unary", Frames.Of(1), ("text", "a"), ("one-bin", "AA"), ("one-bin", "AQI="), ("X-Upper", "b"), ("joined-bin", "Aw,BAU, Bg=="));

        Assert.Equal("a", seen!.GetValue("TEXT"));
        Assert.Equal("b", seen.Single(entry => entry.Key == "x-upper").Value);
        Assert.Equal([[0], [1, 2]], seen.GetAll("one-bin").Select(entry => entry.ValueBytes));
        Assert.Equal([[3], [4, 5], [6]], seen.GetAll("joined-bin").Select(entry => entry.ValueBytes));
    }

    [Fact]
    public async Task RequestHeaders_SentInSeveralFields_AreSeveralEntries()
    {
        Metadata? seen = null;
        await using var host = await ScriptedHost.StartAsync(Keep(headers => seen = headers));

        var frames = await BareConnection.RequestAsync(
            host.Address, "/test.TestService/Unary", [("text", "1"), ("k-bin", "AA"), ("text", "2, 3"), ("k-bin", "AQI"), ("text", "1")], Frames.Of(1));

        Assert.Equal([FrameType.Headers, FrameType.Data, FrameType.Headers], frames.Select(frame => frame.Type));
        Assert.Equal(["1", "2, 3", "1"], seen!.GetAll("text").Select(entry => entry.Value));
        Assert.Equal([[0], [1, 2]], seen.GetAll("k-bin").Select(entry => entry.ValueBytes));
    }

    [Fact]
    public async Task RequestHeaders_ProtocolNames_AreLeftOut()
    {
        Metadata? seen = null;
        await using var host = await ScriptedHost.StartAsync(Keep(headers => seen = headers));

        await host.CallAsync("Unary", Frames.Of(1), ("grpc-timeout", "1H"), ("grpc-encoding", "gzip"), ("grpc-accept-encoding", "gzip"), ("grpc-trace-bin", "AA"), ("user-agent", "me"));

        Assert.Equal(["grpc-trace-bin", "user-agent"], seen!.Select(entry => entry.Key).Order());
    }

    [Fact]
    public async Task RequestHeaders_NotBase64_IsInternal()
    {
        await using var host = await ScriptedHost.StartAsync(Keep(_ => { }));

        var answer = await host.CallAsync("Unary", Frames.Of(1), ("bad-bin", "A*"));

        Assert.Equal(StatusCode.Internal, answer.Status);
        Assert.Contains("bad-bin", answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ResponseMetadata_RepeatedNames_StayApart()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript
        {
            Unary = async (request, context) =>
            {
                await context.WriteResponseHeadersAsync(new Metadata { { "h", "1" }, { "h", "2, 3" }, { "h-bin", [255] }, { "h-bin", [] } });
                context.ResponseTrailers.Add("t", "1");
                context.ResponseTrailers.Add("t", "");
                context.ResponseTrailers.Add("t-bin", [1, 2, 3, 4]);
                context.ResponseTrailers.Add("t-bin", [5]);
                return request;
            },
        });

        var answer = await host.CallAsync("Unary", Frames.Of(1));

        Assert.Equal(["1", "2, 3"], answer.Headers["h"]);
        Assert.Equal(["/w", ""], answer.Headers["h-bin"]);
        Assert.Equal(["1", ""], answer.Trailers["t"]);
        Assert.Equal(["AQIDBA", "BQ"], answer.Trailers["t-bin"]);
    }

    [Fact]
    public async Task ResponseHeaders_Unsendable_FailTheHandler()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript
        {
            Unary = async (request, context) =>
            {
                await Assert.ThrowsAsync<ArgumentException>(() => context.WriteResponseHeadersAsync(new Metadata { { "a", "x\r\ninjected: 1" } }));
                return request;
            },
        });

        var answer = await host.CallAsync("Unary", Frames.Of(1));

        Assert.Equal(StatusCode.OK, answer.Status);
        Assert.False(answer.Headers.ContainsKey("injected"));
    }

    private static ServiceScript Keep(Action<Metadata> keep) => new()
    {
        Unary = (request, context) =>
        {
            keep(context.RequestHeaders);
            return Task.FromResult(request);
        },
    };
}

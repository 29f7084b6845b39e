using System.IO.Pipelines;
using EdgeMesh.Relay.Calls;
using EdgeMesh.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EdgeMesh.Relay.Tests;

public sealed class RelayFidelityTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_RepeatedMetadata_ArrivesAsSentBothWays(bool isCaching)
    {
        string[] seen = [];
        string[] seenBinary = [];
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            seen = [.. context.Request.Headers["x-list"]!];
            seenBinary = [.. context.Request.Headers["x-trace-bin"]!];
            var body = await RawOrigin.ReadAllAsync(context);
            context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers["x-end-bin"] = new(["AAA", "BBB"]);
            await RawOrigin.AnswerAsync(context, body, ("x-back", "1"), ("x-back", "2, 3"));
        });
        await using var node = await RelayFixture.StartAsync(origin.Address, isCaching);
        using var caller = new RawCaller(node.Address);

        var answer = await caller.CallAsync("/a.B/C", Frames.Of("x"), headers: [("x-list", "one"), ("x-list", "two, three"), ("x-trace-bin", "AQ"), ("x-trace-bin", "Ag"), ("x-one", "")]);

        Assert.Equal("0", answer.Status);
        Assert.Equal(["one", "two, three"], seen);
        Assert.Equal(["AQ", "Ag"], seenBinary);
        Assert.Equal(["1", "2, 3"], answer.Headers("x-back"));
        Assert.Equal(["AAA", "BBB"], answer.Trailers("x-end-bin"));
    }

    [Fact]
    public async Task Call_MoreRepeatedMetadataThanOneFrame_ArrivesAsSent()
    {
        string[] seen = [];
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            seen = [.. context.Request.Headers["x-long-name-of-a-field-that-repeats"]!];
            await RawOrigin.AnswerAsync(context, await RawOrigin.ReadAllAsync(context));
        });
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);
        var values = Enumerable.Range(0, 500).Select(i => $"value {i}").ToArray();

        var answer = await caller.CallAsync("/a.B/C", Frames.Of("x"), headers: [.. values.Select(value => ("x-long-name-of-a-field-that-repeats", value))]);

        Assert.Equal("0", answer.Status);
        Assert.Equal(values, seen);
    }

    [Fact]
    public async Task Call_TrailersOnly_StaysOneHeadersFrame()
    {
        await using var origin = await RawOrigin.StartAsync(context =>
        {
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = "5";
            context.Response.Headers["grpc-message"] = "no%20such";
            context.Response.Headers["x-why-bin"] = "AQID";
            return Task.CompletedTask;
        });
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        var answer = await caller.CallAsync("/a.B/C", Frames.Of("x"));

        Assert.True(answer.IsTrailersOnly);
        Assert.Equal("5", answer.Status);
        Assert.Equal("no such", answer.Message);
        Assert.Equal("AQID", answer.Header("x-why-bin"));
        Assert.Empty(answer.Body);
    }

    [Fact]
    public async Task Call_MethodThatUpstreamDoesNotHave_IsNotKeptInTheTable()
    {
        await using var origin = await RawOrigin.StartAsync(context =>
        {
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = context.Request.Path == "/made.Up/Name" ? "12" : "5";
            return Task.CompletedTask;
        });
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        var unimplemented = await caller.CallAsync("/made.Up/Name", Frames.Of("x"));
        await caller.CallAsync("/a.B/C", Frames.Of("x"));

        Assert.Equal("12", unimplemented.Status);
        Assert.Equal(Methods.MethodKind.Unary, node.Relay.Methods.Get("/a.B/C", out _).Kind);

        // The caller has its answer a moment before the node is done with the call.
        Assert.True(SpinWait.SpinUntil(() => node.Relay.Methods.Get("/made.Up/Name", out _).Kind == Methods.MethodKind.Unknown, TestDeadline.Default));
    }

    [Fact]
    public async Task Call_BidirectionalThatWaitsForTheServersFirstMessage_Passes()
    {
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            context.Response.ContentType = "application/grpc";
            await context.Response.BodyWriter.WriteAsync(Frames.Of("server first"));
            var body = await RawOrigin.ReadAllAsync(context);
            await context.Response.BodyWriter.WriteAsync(body);
            context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers["grpc-status"] = "0";
        });
        await using var node = await RelayFixture.StartAsync(origin.Address, new RelayOptions { NodeName = "LHR50-1", NodeDescription = "edge", UnaryWait = TimeSpan.FromMilliseconds(20) });
        using var caller = new RawCaller(node.Address);
        var pipe = new Pipe();

        using var response = await caller.SendAsync("/a.B/Chat", new DuplexContent(pipe.Reader)).WaitAsync(TestDeadline.Default);
        await using var stream = await response.Content.ReadAsStreamAsync();
        var first = new byte[Frames.Of("server first").Length];
        await stream.ReadExactlyAsync(first).AsTask().WaitAsync(TestDeadline.Default);
        await pipe.Writer.WriteAsync(Frames.Of("client second"));
        await pipe.Writer.CompleteAsync();
        using var rest = new MemoryStream();
        await stream.CopyToAsync(rest).WaitAsync(TestDeadline.Default);

        Assert.Equal("server first", Frames.Text(first));
        Assert.Equal("client second", Frames.Text(rest.ToArray()));
    }

    [Fact]
    public async Task Call_CredentialsAndCookies_ReachTheOriginAndNoJarKeepsThem()
    {
        var cookies = new List<string>();
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            cookies.Add(context.Request.Headers.Cookie.ToString());
            await RawOrigin.AnswerAsync(context, await RawOrigin.ReadAllAsync(context), ("set-cookie", "session=1"), ("cache-control", "max-age=60"));
        });
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        await caller.CallAsync("/a.B/C", Frames.Of("x"), headers: [("cookie", "a=1")]);
        await caller.CallAsync("/a.B/C", Frames.Of("x"));

        Assert.Equal(["a=1", ""], cookies);
    }

    [Fact]
    public async Task Call_AuthorityAndInternalFields_AreTheNodesOwn()
    {
        IHeaderDictionary? seen = null;
        string? host = null;
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            seen = context.Request.Headers;
            host = context.Request.Host.Value;
            await RawOrigin.AnswerAsync(context, await RawOrigin.ReadAllAsync(context), ("x-edgemesh-node", "forged"));
        });
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        var answer = await caller.CallAsync("/a.B/C", Frames.Of("x"), headers: [("edgemesh-secret", "1"), ("edgemesh-at-least", "t"), ("x-forwarded-client-cert", "c"), ("x-mine", "m")]);

        Assert.Equal(origin.Address.Authority, host);
        Assert.Equal(node.Address.Authority, seen!["x-forwarded-host"]);
        Assert.False(seen.ContainsKey("edgemesh-secret"));
        Assert.False(seen.ContainsKey("x-forwarded-client-cert"));
        Assert.Equal("t", seen["edgemesh-at-least"]);
        Assert.Equal("m", seen["x-mine"]);
        Assert.Equal(["LHR50-1"], answer.Headers("x-edgemesh-node"));
    }

    [Fact]
    public async Task Call_AnswerIsNotGrpc_IsAStatusThatNamesWhatCame()
    {
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            context.Response.StatusCode = 502;
            context.Response.ContentType = "text/html";
            await context.Response.WriteAsync("<html>");
        });
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        var answer = await caller.CallAsync("/a.B/C", Frames.Of("x"));

        Assert.Equal("14", answer.Status);
        Assert.Contains("502", answer.Message, StringComparison.Ordinal);
        Assert.Contains("Region eu-west-2 at", answer.Message, StringComparison.Ordinal);
        Assert.Contains("text/html", answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_UpstreamAway_IsUnavailableAndRecovers()
    {
        var origin = await RawOrigin.StartEchoAsync();
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);
        Assert.Equal("0", (await caller.CallAsync("/a.B/C", Frames.Of("x"))).Status);
        await origin.DisposeAsync();

        var away = await caller.CallAsync("/a.B/C", Frames.Of("x"));

        Assert.Equal("14", away.Status);
        Assert.Contains("edge location LHR50-1", away.Message, StringComparison.Ordinal);
        Assert.Contains($"Region eu-west-2 at {origin.Address.GetLeftPart(UriPartial.Authority)}", away.Message, StringComparison.Ordinal);
        Assert.Equal(1, node.Relay.Counters.UpstreamFailures);
    }

    [Theory]
    [InlineData("5")]
    [InlineData("123456789S")]
    [InlineData("1x")]
    [InlineData("-1S")]
    public async Task Call_MalformedTimeout_IsInvalidArgumentThatNamesIt(string timeout)
    {
        await using var origin = await RawOrigin.StartEchoAsync();
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        var answer = await caller.CallAsync("/a.B/C", Frames.Of("x"), headers: [("grpc-timeout", timeout)]);

        Assert.Equal("3", answer.Status);
        Assert.Contains($"\"{timeout}\"", answer.Message, StringComparison.Ordinal);
        Assert.Equal(0, origin.Calls);
    }

    [Fact]
    public async Task Call_Deadline_IsLoweredOnTheWayAndEnforcedHere()
    {
        string? timeout = null;
        using var never = new SemaphoreSlim(0);
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            timeout = context.Request.Headers["grpc-timeout"];
            await never.WaitAsync(context.RequestAborted);
        });
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        var answer = await caller.CallAsync("/a.B/C", Frames.Of("x"), headers: [("grpc-timeout", "300m")]).WaitAsync(TestDeadline.Default);

        Assert.Equal("4", answer.Status);
        Assert.True(EdgeMesh.Wire.GrpcTimeout.TryParse(timeout, out var passed));
        Assert.InRange(passed, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(300));
    }

    [Fact]
    public async Task Call_DeadlineEndsBeforeTheRequestDoes_IsAnsweredThenAndTheMethodIsNotSuspected()
    {
        await using var origin = await RawOrigin.StartEchoAsync();
        await using var node = await RelayFixture.StartAsync(origin.Address, new RelayOptions { NodeName = "LHR50-1", NodeDescription = "edge", UnaryWait = TimeSpan.FromMinutes(10) });
        using var caller = new RawCaller(node.Address);
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(Frames.Of("no end"));

        using var response = await caller.SendAsync("/a.B/C", new DuplexContent(pipe.Reader), headers: [("grpc-timeout", "50m")]).WaitAsync(TestDeadline.Default);

        Assert.Equal("4", response.Headers.NonValidated["grpc-status"].ToString());
        Assert.Equal(Methods.MethodKind.Unknown, node.Relay.Methods.Get("/a.B/C", out _).Kind);
    }

    [Fact]
    public async Task Call_CallerGoes_UpstreamIsCancelled()
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            context.RequestAborted.Register(() => cancelled.TrySetResult());
            arrived.TrySetResult();
            await cancelled.Task;
        });
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);
        using var gone = new CancellationTokenSource();

        var call = caller.CallAsync("/a.B/C", Frames.Of("x"), gone.Token);
        await arrived.Task.WaitAsync(TestDeadline.Default);
        await gone.CancelAsync();

        await cancelled.Task.WaitAsync(TestDeadline.Default);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task Call_ControlCharacterInMetadata_IsRefused()
    {
        await using var origin = await RawOrigin.StartEchoAsync();
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        var answer = await caller.CallAsync("/a.B/C", Frames.Of("x"), headers: [("x-bad", "a\u0001b")]);

        Assert.Equal("3", answer.Status);
        Assert.Contains("x-bad", answer.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stop_CallRuns_ItEndsWell(bool isCaching)
    {
        using var gate = new SemaphoreSlim(0);
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            var body = await RawOrigin.ReadAllAsync(context);
            arrived.TrySetResult();
            await gate.WaitAsync(context.RequestAborted);
            await RawOrigin.AnswerAsync(context, body);
        });
        await using var node = await RelayFixture.StartAsync(origin.Address, isCaching);
        using var caller = new RawCaller(node.Address);

        var running = caller.CallAsync("/a.B/C", Frames.Of("x"));
        await arrived.Task.WaitAsync(TestDeadline.Default);
        var stopping = node.StopAsync();
        gate.Release();

        var answer = await running.WaitAsync(TestDeadline.Default);
        Assert.Equal(("0", "x"), (answer.Status, answer.Text));
        await stopping.WaitAsync(TestDeadline.Default);
    }

    [Theory]
    [InlineData("/a.B/C?x=1")]
    [InlineData("/a.B/%43")]
    [InlineData("/x/../a.B/C")]
    public async Task Call_PathThatIsNotPlain_IsRefused(string path)
    {
        await using var origin = await RawOrigin.StartEchoAsync();
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        var answer = await caller.CallAsync(path, Frames.Of("x"));

        Assert.Equal("12", answer.Status);
        Assert.Equal(0, origin.Calls);
    }

    [Fact]
    public async Task Call_OriginAnswersBeforeTheRequestEnds_NextRequestOnTheConnectionIsWhole()
    {
        // A request that the origin does not read, each followed by one that it echoes: a copy that outlived its call
        // would take bytes of the later one.
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            if (context.Request.Path == "/a.B/Ignore")
            {
                await RawOrigin.AnswerAsync(context, Frames.Of("early"));
                return;
            }

            await RawOrigin.AnswerAsync(context, await RawOrigin.ReadAllAsync(context));
        });
        await using var node = await RelayFixture.StartAsync(origin.Address, isCaching: false);
        using var caller = new RawCaller(node.Address);

        for (var round = 0; round < 200; round++)
        {
            var pipe = new Pipe();
            await pipe.Writer.WriteAsync(Frames.Of("never read"));
            using (var response = await caller.SendAsync("/a.B/Ignore", new DuplexContent(pipe.Reader)).WaitAsync(TestDeadline.Default))
            {
                Assert.Equal(Frames.Of("early"), await response.Content.ReadAsByteArrayAsync());
            }

            var echo = await caller.CallAsync("/a.B/Echo", Frames.Of($"round {round}")).WaitAsync(TestDeadline.Default);
            Assert.Equal($"round {round}", echo.Text);
        }
    }
}

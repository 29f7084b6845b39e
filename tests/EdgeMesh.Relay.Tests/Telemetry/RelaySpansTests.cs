using System.Collections.Concurrent;
using System.Diagnostics;
using EdgeMesh.Testing;

namespace EdgeMesh.Relay.Tests.Telemetry;

/// <summary>Each test listens to the trace that it makes up and to no other: tests beside it see no spans.</summary>
public sealed class RelaySpansTests : IDisposable
{
    private const string Path = "/shop.v1.Catalog/Get";
    private readonly string _trace = ActivityTraceId.CreateRandom().ToHexString();
    private readonly string _callerSpan = ActivitySpanId.CreateRandom().ToHexString();
    private readonly ConcurrentQueue<Activity> _spans = new();
    private readonly ActivityListener _listener;

    public RelaySpansTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "EdgeMesh.Relay",
            Sample = (ref ActivityCreationOptions<ActivityContext> options) => options.Parent.TraceId.ToHexString() == _trace ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = span =>
            {
                if (span.TraceId.ToHexString() == _trace)
                {
                    _spans.Enqueue(span);
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task Call_TracedMissThenHit_EachHopIsTheParentOfTheNext()
    {
        var seen = new ConcurrentQueue<(string TraceParent, string TraceState)>();
        await using var origin = await StartOriginAsync(seen);
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        await caller.CallAsync(Path, Frames.Of("x"), default, ("traceparent", $"00-{_trace}-{_callerSpan}-01"), ("tracestate", "shop=1"));
        await caller.CallAsync(Path, Frames.Of("x"), default, ("traceparent", $"00-{_trace}-{_callerSpan}-01"));
        await node.CountersAfterAsync(2);
        var (server, fill, client, hit) = await TakeAsync(4) switch { var spans => (Find(spans, "miss"), spans.Single(span => span.OperationName == "fill"), spans.Single(span => span.Kind == ActivityKind.Client), Find(spans, "hit")) };

        Assert.Equal(_callerSpan, server.ParentSpanId.ToHexString());
        Assert.Equal(server.SpanId, fill.ParentSpanId);
        Assert.Equal(fill.SpanId, client.ParentSpanId);
        Assert.Equal(($"00-{_trace}-{client.SpanId.ToHexString()}-01", "shop=1"), Assert.Single(seen));
        Assert.Equal(_callerSpan, hit.ParentSpanId.ToHexString());
        Assert.Equal(("shop.v1.Catalog/Get", "OK", "shop.v1.Catalog/Get"), (hit.DisplayName, (string?)hit.GetTagItem("rpc.response.status_code"), (string?)hit.GetTagItem("rpc.method")));
    }

    [Fact]
    public async Task Call_WaitsForAnothersFill_HasALinkToIt()
    {
        using var gate = new SemaphoreSlim(0);
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            var body = await RawOrigin.ReadAllAsync(context);
            arrived.TrySetResult();
            await gate.WaitAsync(context.RequestAborted);
            await RawOrigin.AnswerAsync(context, body, ("cache-control", "max-age=60"));
        });
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        var first = caller.CallAsync(Path, Frames.Of("x"), default, ("traceparent", $"00-{_trace}-{_callerSpan}-01"));
        await arrived.Task.WaitAsync(TestDeadline.Default);
        var second = caller.CallAsync(Path, Frames.Of("x"), default, ("traceparent", $"00-{_trace}-{_callerSpan}-01"));
        while (node.Relay.Counters.Waiting == 0)
        {
            await Task.Yield();
        }

        gate.Release(2);
        await Task.WhenAll(first, second).WaitAsync(TestDeadline.Default);
        await node.CountersAfterAsync(2);
        var spans = await TakeAsync(4);

        Assert.Equal(spans.Single(span => span.OperationName == "fill").SpanId, Assert.Single(Find(spans, "coalesced").Links).Context.SpanId);
    }

    [Fact]
    public async Task Call_NotSampled_PassesTheCallersContextUnchanged()
    {
        const string TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
        var seen = new ConcurrentQueue<(string TraceParent, string TraceState)>();
        await using var origin = await StartOriginAsync(seen);
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        await caller.CallAsync(Path, Frames.Of("x"), default, ("traceparent", TraceParent), ("tracestate", "a=1, b=2"));

        Assert.Equal((TraceParent, "a=1, b=2"), Assert.Single(seen));
        Assert.Empty(_spans);
    }

    [Fact]
    public async Task Call_MadeUpMethod_IsNoSpansName()
    {
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            await RawOrigin.ReadAllAsync(context);
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = "12";
        });
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        await caller.CallAsync("/made.up/Name", Frames.Of("x"), default, ("traceparent", $"00-{_trace}-{_callerSpan}-01"));
        await node.CountersAfterAsync(1);
        var server = Find(await TakeAsync(3), "miss");

        Assert.Equal(("grpc", "_OTHER", "made.up/Name"), (server.DisplayName, (string?)server.GetTagItem("rpc.method"), (string?)server.GetTagItem("rpc.method_original")));
        Assert.Equal((ActivityStatusCode.Error, "UNIMPLEMENTED"), (server.Status, (string?)server.GetTagItem("error.type")));
    }

    private static Activity Find(IEnumerable<Activity> spans, string outcome) => spans.Single(span => span.Kind == ActivityKind.Server && (string?)span.GetTagItem("edgemesh.outcome") == outcome);

    private static Task<RawOrigin> StartOriginAsync(ConcurrentQueue<(string TraceParent, string TraceState)> seen) => RawOrigin.StartAsync(async context =>
    {
        seen.Enqueue((context.Request.Headers["traceparent"].ToString(), context.Request.Headers["tracestate"].ToString()));
        await RawOrigin.AnswerAsync(context, await RawOrigin.ReadAllAsync(context), ("cache-control", "max-age=60"));
    });

    /// <summary>Waits for so many spans: a fill's may end after the answer to its caller.</summary>
    private async Task<List<Activity>> TakeAsync(int count)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (_spans.Count < count)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TestDeadline.Default, $"only {_spans.Count} of {count} spans have ended");
            await Task.Yield();
        }

        return [.. _spans];
    }
}

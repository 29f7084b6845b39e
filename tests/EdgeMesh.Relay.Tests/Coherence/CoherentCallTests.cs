using EdgeMesh.Relay.Coherence;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using EdgeMesh.Wire;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Http;

namespace EdgeMesh.Relay.Tests.Coherence;

/// <summary>What purges do to answers that are stored, asked for, and on their way.</summary>
public sealed class CoherentCallTests
{
    private const string Path = "/shop.v1.Catalog/Get";
    private const string Method = "shop.v1.Catalog/Get";
    private const string AsOf = "x-edgemesh-as-of";

    public enum Target
    {
        Tag,
        Method,
        Request,
        All,
    }

    [Theory]
    [InlineData(Target.Tag)]
    [InlineData(Target.Method)]
    [InlineData(Target.Request)]
    [InlineData(Target.All)]
    public async Task Call_AfterAPurge_AsksAnew(Target target)
    {
        await using var origin = await StartAsync(_ => "1.10");
        await using var node = await StartEdgeAsync(origin);
        using var caller = new RawCaller(node.Address);
        await caller.CallAsync(Path, Frames.Of("x"));
        Assert.StartsWith("LHR50-1; hit", (await caller.CallAsync(Path, Frames.Of("x"))).CacheStatus, StringComparison.Ordinal);

        Apply(node, 11, target);

        Assert.Equal("2", (await caller.CallAsync(Path, Frames.Of("x"))).Text);
    }

    [Theory]
    [InlineData(Target.Tag)]
    [InlineData(Target.Method)]
    [InlineData(Target.Request)]
    [InlineData(Target.All)]
    public async Task Call_ComesAfterAPurgeOfWhatIsBeingAskedFor_AsksAnew(Target target)
    {
        // Race (4) of Fill: the first caller came before the purge and may have the old answer, the second may not; and only the new one stays.
        using var gate = new SemaphoreSlim(0);
        await using var origin = await StartAsync(call => call == 2 ? "1.10" : "1.11", (call, context) => call == 2 ? gate.WaitAsync(context.RequestAborted) : Task.CompletedTask);
        await using var node = await StartEdgeAsync(origin);
        using var caller = new RawCaller(node.Address);

        // A method that has declared caching: its callers wait for one another without a bound.
        await caller.CallAsync(Path, Frames.Of("y"));
        var first = caller.CallAsync(Path, Frames.Of("x"));
        await origin.WaitForCallsAsync(2);
        Apply(node, 11, target);
        var second = await caller.CallAsync(Path, Frames.Of("x")).WaitAsync(TestDeadline.Default);
        gate.Release();

        Assert.Equal(("2", "3"), ((await first).Text, second.Text));
        Assert.Equal("3", (await caller.CallAsync(Path, Frames.Of("x"))).Text);
        Assert.Equal(3, origin.Calls);
    }

    [Fact]
    public async Task Call_ComesAfterAPurgeOfAnother_WaitsForWhatIsBeingAskedFor()
    {
        using var gate = new SemaphoreSlim(0);
        await using var origin = await StartAsync(_ => "1.10", (call, context) => call == 2 ? gate.WaitAsync(context.RequestAborted) : Task.CompletedTask);
        await using var node = await StartEdgeAsync(origin);
        using var caller = new RawCaller(node.Address);
        await caller.CallAsync(Path, Frames.Of("y"));
        var first = caller.CallAsync(Path, Frames.Of("x"));
        await origin.WaitForCallsAsync(2);

        node.Log.Apply(new LogUpdate { Entries = { Entry(11, new InvalidationTarget { Method = "shop.v1.Catalog/List" }, new InvalidationTarget { Request = new InvalidatedRequest { Method = Method, Message = ByteString.CopyFromUtf8("z") } }) } });
        var second = caller.CallAsync(Path, Frames.Of("x"));
        await WaitForWaiterAsync(node);
        gate.Release();

        Assert.Equal(("2", "2"), ((await first).Text, (await second).Text));
        Assert.Equal(2, origin.Calls);
    }

    [Theory]
    [InlineData("1.10", false)]
    [InlineData("1.11", true)]
    [InlineData("1.12", true)]
    [InlineData("1.99999999999", true)]
    [InlineData("2.11", false)]
    [InlineData("", false)]
    [InlineData("1", false)]
    [InlineData("1.-11", false)]
    [InlineData("1.18446744073709551615", false)]
    public async Task Call_AnswerOfUpstream_IsStoredIfItIsAsOfThePurgesThatNameIt(string told, bool isStored)
    {
        // Upstream may have stored it long before this node asked: what this node has applied says nothing of it.
        await using var origin = await StartAsync(_ => told);
        await using var node = await StartEdgeAsync(origin);
        Apply(node, 11, Target.Tag);
        using var caller = new RawCaller(node.Address);

        await caller.CallAsync(Path, Frames.Of("x"));
        await caller.CallAsync(Path, Frames.Of("x"));

        Assert.Equal(isStored ? 1 : 2, origin.Calls);
    }

    [Fact]
    public async Task Call_AnswerOfAnUnknownAsOf_SaysWhyItIsNotStored()
    {
        await using var origin = await RawOrigin.StartEchoAsync(("cache-control", "max-age=60"));
        await using var node = await StartEdgeAsync(origin);
        using var caller = new RawCaller(node.Address);

        Assert.Equal("LHR50-1; fwd=miss; detail=as-of", (await caller.CallAsync(Path, Frames.Of("x"))).CacheStatus);
    }

    [Fact]
    public async Task Call_BeforeTheNodeHasJoined_StaysIfItIsAsOfWhereTheNodeStarts()
    {
        await using var origin = await StartAsync(call => call == 1 ? "1.9" : "1.10");
        await using var node = await RelayFixture.StartEdgeAsync(origin.Address);
        using var caller = new RawCaller(node.Address);
        await caller.CallAsync(Path, Frames.Of("before"));
        await caller.CallAsync(Path, Frames.Of("at"));
        Assert.Null(node.Log.Position);

        node.Log.Apply(new LogUpdate { Reset = Entry(10).PositionOf() });

        Assert.Equal("2", (await caller.CallAsync(Path, Frames.Of("at"))).Text);
        Assert.Equal("3", (await caller.CallAsync(Path, Frames.Of("before"))).Text);
    }

    [Fact]
    public async Task Call_OfANode_IsToldTheAsOfThatTheEntryInherited()
    {
        await using var origin = await StartAsync(_ => "1.10");
        await using var node = await StartEdgeAsync(origin);
        using var caller = new RawCaller(node.Address);
        var miss = await caller.CallAsync(Path, Frames.Of("x"), default, ("cdn-loop", "CDG50-1"));
        node.Log.Apply(new LogUpdate { Entries = { Entry(11, new InvalidationTarget { Tag = "hats" }) } });
        var hit = await caller.CallAsync(Path, Frames.Of("x"), default, ("cdn-loop", "CDG50-1"));
        var ofClient = await caller.CallAsync(Path, Frames.Of("x"));

        Assert.Equal(["1.10"], miss.Headers(AsOf));
        Assert.Equal(["1.10"], hit.Headers(AsOf));
        Assert.StartsWith("LHR50-1; hit", hit.CacheStatus, StringComparison.Ordinal);
        Assert.Empty(ofClient.Headers(AsOf));
    }

    [Fact]
    public async Task Call_AcrossAnEpoch_TellsNothingOfTheOneBefore()
    {
        await using var origin = await StartAsync(_ => "1.10");
        await using var node = await StartEdgeAsync(origin);
        var before = node.Log.ToNumber("1.10")!.Value;
        var next = Entry(3).PositionOf();
        next.Epoch = 2;

        node.Log.Apply(new LogUpdate { Reset = next });

        Assert.Null(node.Log.Tell(before));
        Assert.Null(node.Log.ToNumber("1.10"));
        Assert.Equal("2.4", node.Log.Tell(node.Log.ToNumber("2.4")!.Value));
        Assert.True(node.Log.ToNumber("2.1") > before);
    }

    [Fact]
    public async Task PurgeSoft_UsesTheOldAnswerWhileItAsksAnew()
    {
        var time = new ManualTimeProvider();
        await using var origin = await StartAsync(call => $"1.{call + 9}", cacheControl: "max-age=60, stale-while-revalidate=30");
        await using var node = await StartEdgeAsync(origin, time);
        using var caller = new RawCaller(node.Address);
        await caller.CallAsync(Path, Frames.Of("x"));

        node.Log.Apply(new LogUpdate { Entries = { Entry(11, isSoft: true, new InvalidationTarget { Tag = "shoes" }) } });

        var stale = await caller.CallAsync(Path, Frames.Of("x"));
        Assert.Equal(("1", "LHR50-1; hit; ttl=0"), (stale.Text, stale.CacheStatus));
        await origin.WaitForCallsAsync(2);
        while (node.Relay.FillsInFlight > 0)
        {
            await Task.Yield();
        }

        Assert.Equal("2", (await caller.CallAsync(Path, Frames.Of("x"))).Text);
    }

    [Fact]
    public async Task PurgeSoft_OfWhatMayNotBeUsedStale_AsksAnew()
    {
        await using var origin = await StartAsync(call => $"1.{call + 9}");
        await using var node = await StartEdgeAsync(origin);
        using var caller = new RawCaller(node.Address);
        await caller.CallAsync(Path, Frames.Of("x"));

        node.Log.Apply(new LogUpdate { Entries = { Entry(11, isSoft: true, new InvalidationTarget { Method = Method }) } });

        Assert.Equal("2", (await caller.CallAsync(Path, Frames.Of("x"))).Text);
    }

    [Theory]
    [InlineData("LHR50-1")]
    [InlineData("CDG50-1, LHR50-1")]
    [InlineData("CDG50-1 ,\tLHR50-1 ;v=1, eu-west-2")]
    public async Task Call_ThatHasPassedTheNodeBefore_IsRefused(string loop)
    {
        await using var origin = await StartAsync(_ => "1.10");
        await using var node = await StartEdgeAsync(origin);
        using var caller = new RawCaller(node.Address);

        var answer = await caller.CallAsync(Path, Frames.Of("x"), default, ("cdn-loop", loop));

        Assert.Equal("9", answer.Status);
        Assert.Equal(0, origin.Calls);
    }

    [Fact]
    public async Task Call_OfTooManyNodes_IsRefused()
    {
        await using var origin = await StartAsync(_ => "1.10");
        await using var node = await StartEdgeAsync(origin);
        using var caller = new RawCaller(node.Address);

        Assert.Equal("0", (await caller.CallAsync(Path, Frames.Of("x"), default, ("cdn-loop", string.Join(',', Enumerable.Repeat("a", 16))))).Status);
        Assert.Equal("9", (await caller.CallAsync(Path, Frames.Of("x"), default, ("cdn-loop", string.Join(',', Enumerable.Repeat("a", 17))))).Status);
        Assert.Equal("9", (await caller.CallAsync(Path, Frames.Of("x"), default, ("cdn-loop", new string('a', 1025)))).Status);
    }

    [Theory]
    [InlineData(null, "LHR50-1")]
    [InlineData("LHR50-10, CDG50-1", "LHR50-10, CDG50-1, LHR50-1")]
    public async Task Call_GoesOnWithTheNodesThatItHasPassed(string? loop, string expected)
    {
        string? seen = null;
        await using var origin = await StartAsync(_ => "1.10", (_, context) =>
        {
            seen = context.Request.Headers["cdn-loop"];
            return Task.CompletedTask;
        });
        await using var node = await StartEdgeAsync(origin);
        using var caller = new RawCaller(node.Address);

        await (loop is null ? caller.CallAsync(Path, Frames.Of("x")) : caller.CallAsync(Path, Frames.Of("x"), default, ("cdn-loop", loop)));

        Assert.Equal(expected, seen);
    }

    private static Task<RawOrigin> StartAsync(Func<int, string> asOf, Func<int, HttpContext, Task>? before = null, string cacheControl = "max-age=60")
    {
        var calls = 0;
        return RawOrigin.StartAsync(async context =>
        {
            await RawOrigin.ReadAllAsync(context);
            var call = Interlocked.Increment(ref calls);
            await (before?.Invoke(call, context) ?? Task.CompletedTask);
            await RawOrigin.AnswerAsync(context, Frames.Of($"{call}"), ("cache-control", cacheControl), ("surrogate-key", "shoes"), (AsOf, asOf(call)));
        });
    }

    private static async Task<RelayFixture> StartEdgeAsync(RawOrigin origin, ManualTimeProvider? time = null)
    {
        var node = await RelayFixture.StartEdgeAsync(origin.Address, time);
        node.Log.Apply(new LogUpdate { Reset = Entry(10).PositionOf() });
        return node;
    }

    private static void Apply(RelayFixture node, ulong sequence, Target target) => node.Log.Apply(new LogUpdate
    {
        Entries =
        {
            Entry(sequence, target switch
            {
                Target.Tag => new InvalidationTarget { Tag = "shoes" },
                Target.Method => new InvalidationTarget { Method = Method },
                Target.Request => new InvalidationTarget { Request = new InvalidatedRequest { Method = Method, Message = ByteString.CopyFromUtf8("x") } },
                _ => new InvalidationTarget { All = true },
            }),
        },
    });

    private static LogEntry Entry(ulong sequence, params InvalidationTarget[] targets) => Entry(sequence, isSoft: false, targets);

    private static LogEntry Entry(ulong sequence, bool isSoft, params InvalidationTarget[] targets) =>
        new() { Epoch = 1, Sequence = sequence, CommitTime = new Timestamp { Seconds = (long)sequence }, Invalidation = new Invalidation { Soft = isSoft, Targets = { targets } } };

    private static async Task WaitForWaiterAsync(RelayFixture node)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (node.Relay.Counters.Waiting == 0)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TestDeadline.Default, "nobody waits");
            await Task.Yield();
        }
    }
}

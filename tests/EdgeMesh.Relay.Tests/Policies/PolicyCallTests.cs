using EdgeMesh.Relay.Policies;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Http;

namespace EdgeMesh.Relay.Tests.Policies;

public sealed class PolicyCallTests
{
    private const string Path = "/" + CatalogTypes.Get;

    private static readonly byte[] Seven = Frames.Of(CatalogTypes.Message(o => { o.Number(1, 7); o.Text(3, "r1"); }));
    private static readonly byte[] SevenAgain = Frames.Of(CatalogTypes.Message(o => { o.Text(3, "r2"); o.Number(1, 7); }));
    private static readonly byte[] Eight = Frames.Of(CatalogTypes.Message(o => o.Number(1, 8)));

    [Fact]
    public async Task Call_TtlOfPolicy_MissThenHitForItsTime()
    {
        var time = new ManualTimeProvider();
        await using var origin = await RawOrigin.StartEchoAsync();
        await using var node = await StartAsync(origin, time, Rule(ttl: 60));
        using var caller = new RawCaller(node.Address);

        Assert.Equal("LHR50-1; fwd=miss; stored; ttl=60", (await caller.CallAsync(Path, Seven)).CacheStatus);
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal("LHR50-1; hit; ttl=1", (await caller.CallAsync(Path, Seven)).CacheStatus);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("LHR50-1; fwd=miss; stored; ttl=60", (await caller.CallAsync(Path, Seven)).CacheStatus);
    }

    [Theory]
    [InlineData("max-age=10", "fwd=miss; stored; ttl=10")]
    [InlineData("public", "fwd=miss; stored; ttl=60")]
    [InlineData("max-age=0", "fwd=miss; detail=stale-on-arrival")]
    [InlineData("no-store", "fwd=miss; detail=forbidden")]
    [InlineData("private, max-age=10", "fwd=miss; detail=forbidden")]
    public async Task Call_AnswerSaysOtherwise_TheAnswerCounts(string cacheControl, string expected)
    {
        await using var origin = await RawOrigin.StartEchoAsync(("cache-control", cacheControl));
        await using var node = await StartAsync(origin, new ManualTimeProvider(), Rule(ttl: 60));
        using var caller = new RawCaller(node.Address);

        Assert.Equal($"LHR50-1; {expected}", (await caller.CallAsync(Path, Seven)).CacheStatus);
    }

    [Fact]
    public async Task Call_KeyFields_MessagesThatAgreeInThemMeet()
    {
        var rule = Rule(ttl: 60);
        rule.KeyFields.Add(["product_id", "page.token"]);
        await using var origin = await RawOrigin.StartEchoAsync();
        await using var node = await StartAsync(origin, new ManualTimeProvider(), rule);
        using var caller = new RawCaller(node.Address);

        var first = await caller.CallAsync(Path, Seven);
        var same = await caller.CallAsync(Path, SevenAgain);
        var other = await caller.CallAsync(Path, Eight);

        Assert.Contains("hit", same.CacheStatus, StringComparison.Ordinal);
        Assert.Equal(first.Body, same.Body);
        Assert.Contains("miss", other.CacheStatus, StringComparison.Ordinal);
        Assert.Equal(2, origin.Calls);
    }

    [Fact]
    public async Task Call_UnderPolicy_TheOriginIsSentOnlyWhatIsKeyed()
    {
        var rule = Rule(ttl: 60);
        rule.KeyMetadata.Add("x-lang");
        rule.Identity.Add(["shared", "credential:x-session"]);
        List<string> seen = [];
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            seen.AddRange(context.Request.Headers.Select(header => header.Key.ToLowerInvariant()));
            await RawOrigin.AnswerAsync(context, await RawOrigin.ReadAllAsync(context));
        });
        await using var node = await StartAsync(origin, new ManualTimeProvider(), rule);
        using var caller = new RawCaller(node.Address);

        await caller.CallAsync(Path, Seven, default, ("x-lang", "de"), ("x-tenant", "5"), ("user-agent", "evil"), ("x-request-id", "1"), ("authorization", "a"), ("x-session", "s"), ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));

        Assert.Equal(["authorization", "traceparent", "x-lang", "x-session"], seen.Where(name => name is not ("host" or "te" or "content-type" or "content-length" or "x-forwarded-host" or ":method" or ":path")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Call_KeyMetadata_EachValueHasItsAnswer()
    {
        var rule = Rule(ttl: 60);
        rule.KeyMetadata.Add("x-lang");
        await using var origin = await RawOrigin.StartEchoAsync();
        await using var node = await StartAsync(origin, new ManualTimeProvider(), rule);
        using var caller = new RawCaller(node.Address);

        foreach (var (lang, hit) in new[] { ("de", false), ("en", false), ("de", true), ("en", true) })
        {
            Assert.Equal(hit, (await caller.CallAsync(Path, Seven, default, ("x-lang", lang))).CacheStatus.Contains("hit", StringComparison.Ordinal));
        }

        // None, one that is empty, and one that comes twice are three things more.
        Assert.Contains("miss", (await caller.CallAsync(Path, Seven)).CacheStatus, StringComparison.Ordinal);
        Assert.Contains("miss", (await caller.CallAsync(Path, Seven, default, ("x-lang", "de"), ("x-lang", "de"))).CacheStatus, StringComparison.Ordinal);
        Assert.Contains("miss", (await caller.CallAsync(Path, Seven, default, ("x-lang", ""))).CacheStatus, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "authorization", false)]
    [InlineData("caller", "authorization", false)]
    [InlineData("shared", "authorization", true)]
    [InlineData("credential:x-session", "x-session", false)]
    [InlineData(null, "x-session", true)]
    [InlineData("metadata:x-session", "x-session", false)]
    [InlineData("metadata:x-tenant", "authorization", false)]
    public async Task Call_Identity_MeetsOnlyWhereItMay(string? identity, string name, bool meets)
    {
        var rule = Rule(ttl: 60);
        if (identity is not null)
        {
            rule.Identity.Add(identity);
        }

        await using var origin = await RawOrigin.StartEchoAsync();
        await using var node = await StartAsync(origin, new ManualTimeProvider(), rule);
        using var caller = new RawCaller(node.Address);

        await caller.CallAsync(Path, Seven, default, (name, "alice"));
        Assert.Contains("hit", (await caller.CallAsync(Path, Seven, default, (name, "alice"))).CacheStatus, StringComparison.Ordinal);
        Assert.Equal(meets, (await caller.CallAsync(Path, Seven, default, (name, "bob"))).CacheStatus.Contains("hit", StringComparison.Ordinal));
        Assert.Equal(meets, (await caller.CallAsync(Path, Seven)).CacheStatus.Contains("hit", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Call_VariesByWhatPolicyKeepsFromTheOrigin_IsNotStored()
    {
        await using var origin = await RawOrigin.StartEchoAsync(("vary", "x-lang, x-other"));
        var rule = Rule(ttl: 60);
        rule.KeyMetadata.Add("x-other");
        await using var node = await StartAsync(origin, new ManualTimeProvider(), rule);
        using var caller = new RawCaller(node.Address);

        Assert.Equal("LHR50-1; fwd=miss; detail=vary-unkeyed", (await caller.CallAsync(Path, Seven, default, ("x-lang", "de"))).CacheStatus);
        Assert.Equal("LHR50-1; fwd=miss; stored; ttl=60", (await caller.CallAsync(Path, Seven, default, ("x-other", "1"))).CacheStatus);
        Assert.Equal("LHR50-1; hit; ttl=60", (await caller.CallAsync(Path, Seven, default, ("x-other", "1"))).CacheStatus);
    }

    [Theory]
    [InlineData("9", "fwd=miss; stored; ttl=5")]
    [InlineData("5", "fwd=miss; detail=trailers-only")]
    [InlineData("7", "fwd=miss; detail=trailers-only")]
    public async Task Call_NegativeTtl_StoresErrorsThatItNames(string status, string expected)
    {
        var rule = Rule(ttl: 60);
        rule.NegativeTtl["FAILED_PRECONDITION"] = Seconds(5);
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            await RawOrigin.ReadAllAsync(context);
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = status;
            await context.Response.CompleteAsync();
        });
        await using var node = await StartAsync(origin, new ManualTimeProvider(), rule);
        using var caller = new RawCaller(node.Address);

        Assert.Equal($"LHR50-1; {expected}", (await caller.CallAsync(Path, Seven)).CacheStatus);
        var second = await caller.CallAsync(Path, Seven);
        Assert.Equal((status, true), (second.Status, second.IsTrailersOnly));
        Assert.Equal(expected.Contains("stored", StringComparison.Ordinal), second.CacheStatus.Contains("hit", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Call_Tags_APurgeByThemTakesTheAnswerOut()
    {
        var rule = Rule(ttl: 60);
        rule.Tags.Add(["request:{product_id}", "answer:{response.id}:{response.categories}"]);
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            await RawOrigin.ReadAllAsync(context);
            await RawOrigin.AnswerAsync(context, Frames.Of(CatalogTypes.Message(o => { o.Number(1, 70); o.Text(2, "shoes"); o.Text(2, "sale"); })), ("surrogate-key", "own"));
        });
        await using var node = await StartAsync(origin, new ManualTimeProvider(), rule);
        using var caller = new RawCaller(node.Address);

        foreach (var (sequence, tag) in new[] { "request:7", "answer:70:shoes", "answer:70:sale", "own" }.Index())
        {
            await caller.CallAsync(Path, Seven);
            Assert.Contains("hit", (await caller.CallAsync(Path, Seven)).CacheStatus, StringComparison.Ordinal);
            node.Store.PurgeTag(tag, sequence + 1);
            Assert.Contains("miss", (await caller.CallAsync(Path, Seven)).CacheStatus, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Call_RequestDirectives_CountWhereTheyAreNamed()
    {
        var time = new ManualTimeProvider();
        var rule = Rule(ttl: 60);
        rule.RequestDirectives.Add(["no-cache", "max-age", "min-fresh", "only-if-cached", "no-store"]);
        await using var origin = await RawOrigin.StartEchoAsync();
        await using var node = await StartAsync(origin, time, rule);
        using var caller = new RawCaller(node.Address);

        var absent = await AskAsync("only-if-cached");
        Assert.Equal(("14", "LHR50-1; fwd=miss; detail=only-if-cached"), (absent.Status, absent.CacheStatus));
        Assert.Equal("LHR50-1; fwd=miss; detail=request-no-store", (await AskAsync("no-store")).CacheStatus);
        Assert.Equal("LHR50-1; fwd=miss; stored; ttl=60", (await AskAsync("max-stale")).CacheStatus);
        time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal("LHR50-1; hit; ttl=40", (await AskAsync("only-if-cached")).CacheStatus);
        Assert.Equal("LHR50-1; hit; ttl=40", (await AskAsync("max-age=20, min-fresh=40")).CacheStatus);
        Assert.Equal("LHR50-1; fwd=miss; stored; ttl=60", (await AskAsync("max-age=19")).CacheStatus);
        time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal("LHR50-1; fwd=miss; stored; ttl=60", (await AskAsync("min-fresh=41")).CacheStatus);
        Assert.Equal("LHR50-1; fwd=miss; stored; ttl=60", (await AskAsync("no-cache")).CacheStatus);
        Assert.Equal("LHR50-1; hit; ttl=60", (await AskAsync("max-stale")).CacheStatus);

        Task<RawAnswer> AskAsync(string directives) => caller.CallAsync(Path, Seven, default, ("cache-control", directives));
    }

    [Fact]
    public async Task Call_RequestDirectivesThatAreNotNamed_HaveNoEffect()
    {
        await using var origin = await RawOrigin.StartEchoAsync();
        await using var node = await StartAsync(origin, new ManualTimeProvider(), Rule(ttl: 60));
        using var caller = new RawCaller(node.Address);
        await caller.CallAsync(Path, Seven);

        Assert.Equal("LHR50-1; hit; ttl=60", (await caller.CallAsync(Path, Seven, default, ("cache-control", "no-cache, no-store, max-age=0"))).CacheStatus);
    }

    [Fact]
    public async Task Call_AnswerLongerThanMaxBytes_IsNotStored()
    {
        var rule = Rule(ttl: 60);
        rule.MaxBytes = (ulong)(Seven.Length - Wire.MessageFrame.HeaderSize);
        await using var origin = await RawOrigin.StartEchoAsync();
        await using var node = await StartAsync(origin, new ManualTimeProvider(), rule);
        using var caller = new RawCaller(node.Address);
        var longer = Frames.Of(CatalogTypes.Message(o => { o.Number(1, 7); o.Text(3, "r12"); }));

        await caller.CallAsync(Path, Seven);
        await caller.CallAsync(Path, longer);

        Assert.Contains("hit", (await caller.CallAsync(Path, Seven)).CacheStatus, StringComparison.Ordinal);
        Assert.Contains("miss", (await caller.CallAsync(Path, longer)).CacheStatus, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_PolicyIsReplaced_TheNextCallFollowsIt()
    {
        await using var origin = await RawOrigin.StartEchoAsync(("cache-control", "max-age=60"));
        await using var node = await StartAsync(origin, new ManualTimeProvider(), Rule(ttl: 30));
        using var caller = new RawCaller(node.Address);
        await caller.CallAsync(Path, Seven);
        var before = node.Relay.Policy;

        node.Relay.Policy = CatalogTypes.Model(new CacheRule { Methods = { "shop.v1.*" }, NoStore = true });
        Assert.Equal("LHR50-1; fwd=bypass; detail=policy-no-store", (await caller.CallAsync(Path, Seven)).CacheStatus);
        node.Relay.Policy = CatalogTypes.Model(new CacheRule { Methods = { "*" }, KeyMetadata = { "x-lang" } });
        Assert.Contains("miss", (await caller.CallAsync(Path, Seven)).CacheStatus, StringComparison.Ordinal);
        node.Relay.Policy = PolicyModel.None;
        Assert.Contains("miss", (await caller.CallAsync(Path, Seven)).CacheStatus, StringComparison.Ordinal);

        // What was stored under a rule is there when it comes back.
        node.Relay.Policy = before;
        Assert.Contains("hit", (await caller.CallAsync(Path, Seven)).CacheStatus, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_FromANodeWithAnotherRule_IsRelayedWholeAndNotStored()
    {
        List<string?> seen = [];
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            seen.Add(context.Request.Headers["x-lang"].ToString() + context.Request.Headers["edgemesh-policy"]);
            await RawOrigin.AnswerAsync(context, await RawOrigin.ReadAllAsync(context));
        });
        await using var node = await StartAsync(origin, new ManualTimeProvider(), Rule(ttl: 60));
        using var caller = new RawCaller(node.Address);
        var own = node.Relay.Policy.Find(Path).Active!.FingerprintText;

        foreach (var other in new[] { "none", new string('0', 32) })
        {
            Assert.Equal("LHR50-1; fwd=bypass; detail=policy-mismatch", (await caller.CallAsync(Path, Seven, default, ("edgemesh-policy", other), ("x-lang", "de"))).CacheStatus);
        }

        Assert.Equal("LHR50-1; fwd=miss; stored; ttl=60", (await caller.CallAsync(Path, Seven, default, ("edgemesh-policy", own), ("x-lang", "de"))).CacheStatus);
        Assert.Equal(["de", "de", ""], seen);
    }

    [Fact]
    public async Task Call_Shadow_CachesNothingAndCountsWhatItWouldHaveSaved()
    {
        var rule = Rule(ttl: 60);
        rule.KeyFields.Add("product_id");
        rule.Shadow = true;
        await using var origin = await RawOrigin.StartEchoAsync();
        await using var node = await StartAsync(origin, new ManualTimeProvider(), rule);
        using var caller = new RawCaller(node.Address);

        foreach (var frame in new[] { Seven, SevenAgain, Eight, Seven })
        {
            Assert.Equal("LHR50-1; fwd=miss; detail=not-declared", (await caller.CallAsync(Path, frame)).CacheStatus);
        }

        await node.CountersAfterAsync(4);
        var (method, counts) = Assert.Single(node.Relay.Shadows);
        Assert.Equal((CatalogTypes.Get, 4, 2, 2, 2 * Seven.Length), (method, counts.Calls, counts.Hits, counts.SavedCalls, counts.SavedBytes));
        Assert.Equal((4, 0), (origin.Calls, node.Store.Count));
    }

    private static async Task<RelayFixture> StartAsync(RawOrigin origin, ManualTimeProvider time, params CacheRule[] rules)
    {
        var node = await RelayFixture.StartAsync(origin.Address, time: time);
        node.Relay.Policy = CatalogTypes.Model(rules);
        return node;
    }

    private static CacheRule Rule(long ttl) => new() { Methods = { CatalogTypes.Get }, Ttl = Seconds(ttl) };

    private static Duration Seconds(long seconds) => new() { Seconds = seconds };
}

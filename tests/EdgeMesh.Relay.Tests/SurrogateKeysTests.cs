using EdgeMesh.Relay.Cache;
using EdgeMesh.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace EdgeMesh.Relay.Tests;

public sealed class SurrogateKeysTests
{
    private const string Path = "/shop.v1.Catalog/Get";

    [Theory]
    [InlineData("", "")]
    [InlineData("a", "a")]
    [InlineData("  product:7\tcategory:shoes   product:7 ", "product:7|category:shoes")]
    [InlineData("a, b,c", "a|b|c")]
    [InlineData("A a", "A|a")]
    public void Read_Names_AreThoseBetweenSpacesWithoutRepeats(string value, string expected) =>
        Assert.Equal(expected.Split('|', StringSplitOptions.RemoveEmptyEntries), SurrogateKeys.Read(value)!);

    [Fact]
    public void Read_RepeatedField_AllCount() => Assert.Equal(["a", "b", "c"], SurrogateKeys.Read(new StringValues(["a b", "c"]))!);

    [Fact]
    public void Read_AtAndBeyondTheLimits_NoneIsDroppedSilently()
    {
        var most = string.Join(' ', Enumerable.Range(0, SurrogateKeys.MaxTags));

        Assert.Equal(SurrogateKeys.MaxTags, SurrogateKeys.Read($"{most} 0")!.Length);
        Assert.Null(SurrogateKeys.Read($"{most} x"));
        Assert.Single(SurrogateKeys.Read(new string('x', SurrogateKeys.MaxTagLength))!);
        Assert.Null(SurrogateKeys.Read(new string('x', SurrogateKeys.MaxTagLength + 1)));
    }

    [Theory]
    [InlineData("product:7", 2)]
    [InlineData("category:shoes", 2)]
    [InlineData("price-list", 2)]
    [InlineData("Product:7", 1)]
    [InlineData("product", 1)]
    public async Task Call_AnswerNamedInHeadersAndTrailers_IsTakenOutByEachName(string purged, int originCalls)
    {
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers["surrogate-key"] = "price-list";
            await RawOrigin.AnswerAsync(context, await RawOrigin.ReadAllAsync(context), ("cache-control", "max-age=60"), ("surrogate-key", "product:7 category:shoes"));
        });
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        await caller.CallAsync(Path, Frames.Of("x"));
        node.Store.PurgeTag(purged);
        var second = await caller.CallAsync(Path, Frames.Of("x"));

        Assert.Equal("x", second.Text);
        Assert.Equal(originCalls, origin.Calls);
    }

    [Fact]
    public async Task Call_PurgedWhileItWasAskedFor_IsAnsweredAndNotStored()
    {
        // (1) the fill asks as-of 0   (2) a purge of its tag is applied   (3) the answer, from before or after it, comes: it must not stay.
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var gate = new SemaphoreSlim(0);
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            var body = await RawOrigin.ReadAllAsync(context);
            arrived.TrySetResult();
            await gate.WaitAsync(context.RequestAborted);
            await RawOrigin.AnswerAsync(context, body, ("cache-control", "max-age=60"), ("surrogate-key", "product:7"));
        });
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        var first = caller.CallAsync(Path, Frames.Of("x"));
        await arrived.Task.WaitAsync(TestDeadline.Default);
        node.Store.PurgeTag("product:7");
        gate.Release(2);

        Assert.Equal("x", (await first).Text);
        await caller.CallAsync(Path, Frames.Of("x"));
        Assert.Equal(2, origin.Calls);
        Assert.StartsWith("LHR50-1; hit", (await caller.CallAsync(Path, Frames.Of("x"))).CacheStatus, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_MoreNamesThanAreKept_IsRelayedAndNotStored()
    {
        await using var origin = await RawOrigin.StartEchoAsync(("cache-control", "max-age=60"), ("surrogate-key", string.Join(' ', Enumerable.Range(0, SurrogateKeys.MaxTags + 1))));
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        var first = await caller.CallAsync(Path, Frames.Of("x"));
        await caller.CallAsync(Path, Frames.Of("x"));

        Assert.Equal("LHR50-1; fwd=miss; detail=too-many-tags", first.CacheStatus);
        Assert.Equal(2, origin.Calls);
    }
}

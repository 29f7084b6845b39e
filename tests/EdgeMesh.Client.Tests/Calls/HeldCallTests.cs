using EdgeMesh.Client.Nodes;
using EdgeMesh.Client.Picking;
using EdgeMesh.Testing;
using EdgeMesh.Wire;

namespace EdgeMesh.Client.Tests.Calls;

/// <summary>Hedging, node by node, on a clock that stands still.</summary>
public sealed class HeldCallTests : IDisposable
{
    private static readonly TimeSpan Usual = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(100);

    private readonly ScriptedNodes _nodes = new(3);

    public void Dispose() => _nodes.Dispose();

    [Fact]
    public async Task Hedge_FirstIsLate_SecondAnswersAndTheFirstIsGivenUp()
    {
        await _nodes.WarmUpAsync(Usual);
        var call = _nodes.CallAsync();
        var first = await _nodes.NextAsync("a");
        await _nodes.Time.WaitForTimersAsync(1);

        _nodes.Time.Advance(Late);
        var second = await _nodes.NextAsync("b");
        second.Answer();

        Assert.Equal("b", await call.WaitAsync(TestDeadline.Default));
        await first.GivenUp.Task.WaitAsync(TestDeadline.Default);
        Assert.Equal(202, _nodes.Arrived);
        await IdleAsync();
    }

    [Fact]
    public async Task Hedge_FirstAnswersAfterAll_SecondIsGivenUp()
    {
        var (call, first, second) = await HedgeAsync();

        first.Answer();

        Assert.Equal("a", await call.WaitAsync(TestDeadline.Default));
        await second.GivenUp.Task.WaitAsync(TestDeadline.Default);
        await IdleAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Hedge_OneFails_TheOtherIsWaitedFor(bool isFirst)
    {
        var (call, first, second) = await HedgeAsync();

        (isFirst ? first : second).Fail();
        (isFirst ? second : first).Answer();

        Assert.Equal(isFirst ? "b" : "a", await call.WaitAsync(TestDeadline.Default));
        await IdleAsync();
    }

    [Fact]
    public async Task Hedge_BothFail_TheCallGoesToTheThird()
    {
        var (call, first, second) = await HedgeAsync();

        first.Answer(GrpcStatusCode.Unavailable);
        second.Fail();
        (await _nodes.NextAsync("c")).Answer();

        Assert.Equal("c", await call.WaitAsync(TestDeadline.Default));
    }

    [Fact]
    public async Task Hedge_AllFail_SaysWhatEachSaid()
    {
        var (call, first, second) = await HedgeAsync();

        first.Fail();
        second.Fail();
        (await _nodes.NextAsync("c")).Fail();

        // Whichever of the two was heard first stands first.
        var said = await call.WaitAsync(TestDeadline.Default);
        Assert.StartsWith("Unavailable: no node of the mesh answered: ", said, StringComparison.Ordinal);
        Assert.Equal(["a at http://a:1: lost", "b at http://b:1: lost", "c at http://c:1: lost"], said["Unavailable: no node of the mesh answered: ".Length..].Split("; ").Order());
    }

    [Fact]
    public async Task Hedge_CallerCancels_BothAreGivenUp()
    {
        using var cancellation = new CancellationTokenSource();
        var (call, first, second) = await HedgeAsync(cancellation.Token);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(TestDeadline.Default));
        await first.GivenUp.Task.WaitAsync(TestDeadline.Default);
        await second.GivenUp.Task.WaitAsync(TestDeadline.Default);
        await IdleAsync();
    }

    [Fact]
    public async Task Hedge_MethodWithSideEffects_NeverIs()
    {
        await _nodes.WarmUpAsync(Usual);
        var call = _nodes.CallAsync(isSafe: false);
        var first = await _nodes.NextAsync("a");

        _nodes.Time.Advance(TimeSpan.FromSeconds(1));
        first.Answer();

        Assert.Equal("a", await call.WaitAsync(TestDeadline.Default));
        Assert.Equal(201, _nodes.Arrived);
    }

    [Fact]
    public async Task Hedge_NoOtherNodeIsWell_Waits()
    {
        await _nodes.WarmUpAsync(Usual);
        _nodes.Pool.Eject(_nodes.Pool.Find("b")!);
        _nodes.Pool.Find("c")!.IsDraining = true;
        var call = _nodes.CallAsync();
        var first = await _nodes.NextAsync("a");
        await _nodes.Time.WaitForTimersAsync(1);

        _nodes.Time.Advance(Late);
        first.Answer();

        Assert.Equal("a", await call.WaitAsync(TestDeadline.Default));
        Assert.Equal(201, _nodes.Arrived);
    }

    [Fact]
    public async Task Sticky_CallsOfAKey_GoToItsNodeAndOthersHome()
    {
        using var nodes = new ScriptedNodes(3, options => options with { Sticky = StickyOptions.ByMetadata("x-user") });
        var expected = Enumerable.Range(0, 20).Select(i => nodes.Pool.Current.Nodes[StickyPick.Pick(nodes.Pool.Current, 0, KeyHash.Of($"user-{i}"), nodes.Options.Sticky!)].Name).ToList();
        Assert.Equal(3, expected.Distinct().Count());

        for (var i = 0; i < 20; i++)
        {
            foreach (var (user, node) in new[] { ($"user-{i}", expected[i]), (null, "a") })
            {
                var call = nodes.CallAsync(user: user);
                (await nodes.NextAsync(node)).Answer();
                Assert.Equal(node, await call.WaitAsync(TestDeadline.Default));
            }
        }
    }

    /// <summary>A call that is under way at <c>a</c> and <c>b</c>.</summary>
    private async Task<(Task<string> Call, ScriptedNodes.Arrival First, ScriptedNodes.Arrival Second)> HedgeAsync(CancellationToken cancellationToken = default)
    {
        await _nodes.WarmUpAsync(Usual);
        var call = _nodes.CallAsync(cancellationToken: cancellationToken);
        var first = await _nodes.NextAsync("a");
        await _nodes.Time.WaitForTimersAsync(1);
        _nodes.Time.Advance(Late);
        return (call, first, await _nodes.NextAsync("b"));
    }

    /// <summary>Attempts that were given up are taken off the nodes' counts in the background.</summary>
    private async Task IdleAsync()
    {
        using var limit = new CancellationTokenSource(TestDeadline.Default);
        while (_nodes.Pool.Current.Nodes.Any(node => node.ToCandidate(node.Now).InFlight > 0))
        {
            await Task.Delay(1, limit.Token);
        }
    }
}

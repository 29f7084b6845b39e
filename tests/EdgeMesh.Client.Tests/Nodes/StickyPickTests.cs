using EdgeMesh.Client.Nodes;
using EdgeMesh.Client.Picking;
using EdgeMesh.Client.Tests.Calls;

namespace EdgeMesh.Client.Tests.Nodes;

public sealed class StickyPickTests : IDisposable
{
    private const int Keys = 3000;

    private readonly ScriptedNodes _nodes = new(6);
    private readonly StickyOptions _options = new() { Key = _ => null, Nodes = 4 };

    public void Dispose() => _nodes.Dispose();

    [Fact]
    public void Pick_ManyKeys_SpreadEvenlyOverTheNearest()
    {
        var counts = Enumerable.Range(0, Keys).Select(Pick).CountBy(node => node).ToDictionary();

        Assert.Equal(["a", "b", "c", "d"], counts.Keys.Order());
        Assert.All(counts.Values, count => Assert.InRange(count, Keys / 4 * 0.85, Keys / 4 * 1.15));
    }

    [Fact]
    public void Pick_SameKey_IsTheSameNodeInEveryProcess()
    {
        Assert.Equal("cdddb", string.Concat(Enumerable.Range(0, 5).Select(Pick)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Pick_NodeTakesNoCalls_GivesAwayItsOwnKeysAlone(bool isEjected)
    {
        var before = Enumerable.Range(0, Keys).Select(Pick).ToList();
        var gone = _nodes.Pool.Find("b")!;
        if (isEjected)
        {
            _nodes.Pool.Eject(gone);
        }
        else
        {
            gone.IsDraining = true;
        }

        var after = Enumerable.Range(0, Keys).Select(Pick).ToList();

        Assert.All(before.Zip(after).Where(pair => pair.First != "b"), pair => Assert.Equal(pair.First, pair.Second));
        Assert.Equal(["a", "c", "d"], before.Zip(after).Where(pair => pair.First == "b").Select(pair => pair.Second).Distinct().Order());
    }

    [Fact]
    public void Pick_OneHotKey_NoNodeIsBeyondItsBound()
    {
        for (var running = 1; running <= 400; running++)
        {
            var pool = _nodes.Pool.Current;
            pool.Nodes[StickyPick.Pick(pool, 0, 42, _options)].Begin();

            Assert.All(pool.Nodes, node => Assert.InRange(node.InFlight, 0, Math.Ceiling(1.25 * running / 4)));
        }
    }

    [Fact]
    public void Pick_HotNode_IsPassedBy()
    {
        var key = Enumerable.Range(0, Keys).First(i => Pick(i) == "a");
        _nodes.Pool.Find("a")!.Answer(null, new V1.ProbeResponse { Node = "a", Capacity = 2, InFlight = 2 });
        _nodes.Pool.Revise();

        Assert.NotEqual("a", Pick(key));
    }

    [Fact]
    public void Pick_NoneTakesCalls_IsNone()
    {
        foreach (var node in _nodes.Pool.Current.Nodes[..4])
        {
            node.IsDraining = true;
        }

        Assert.Equal(-1, StickyPick.Pick(_nodes.Pool.Current, 0, 42, _options));
    }

    [Fact]
    public void Pick_Tried_IsTheNextOfTheKeysOrder()
    {
        ulong tried = 0;
        var seen = new List<int>();
        for (var i = 0; i < 4; i++)
        {
            seen.Add(StickyPick.Pick(_nodes.Pool.Current, tried, 42, _options));
            tried |= 1UL << seen[^1];
        }

        Assert.Equal([0, 1, 2, 3], seen.Order());
        Assert.Equal(-1, StickyPick.Pick(_nodes.Pool.Current, tried, 42, _options));
    }

    private string Pick(int key) => _nodes.Pool.Current.Nodes[StickyPick.Pick(_nodes.Pool.Current, 0, KeyHash.Of($"user-{key}"), _options)].Name;
}

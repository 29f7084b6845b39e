using System.Globalization;
using EdgeMesh.Client.Mesh;
using EdgeMesh.Client.Nodes;
using EdgeMesh.Latency.Topology;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf.WellKnownTypes;
using NodeState = EdgeMesh.Client.Nodes.NodeState;

namespace EdgeMesh.Client.Tests.Nodes;

/// <summary>Membership, ejection and home, without a network.</summary>
public sealed class NodePoolTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly NodePool _pool;
    private int _handlers;

    public NodePoolTests() => _pool = new NodePool(_ => new CountedHandler(this), _time, new Random(1));

    public void Dispose() => _pool.Dispose();

    [Fact]
    public void Follow_SmallMesh_TakesAllAndTheTellerIsHome()
    {
        _pool.Follow(Mesh("a", "b", "c"), "b");

        Assert.Equal(["b", "a", "c"], Names());
        Assert.Equal("b", Home());
    }

    [Fact]
    public void Follow_TellerUnknown_DrawsAHome()
    {
        _pool.Follow(Mesh("a", "b", "c"), null);

        Assert.Contains(Home(), (string[])["a", "b", "c"]);
    }

    [Fact]
    public void Follow_LargeMesh_KeepsSixteenAndThenTheNearest()
    {
        string[] all = [.. Enumerable.Range(0, 100).Select(i => $"n{i}")];
        _pool.Follow(Mesh(all), "n50");
        Assert.Equal((NodePool.MaxMembers, "n50"), (Names().Count, Home()));

        _pool.Find("n99");
        _pool.Follow(["n80", "n70"], isOver: false);
        Assert.Equal("n80", Home());
        string[] nearest = [.. Enumerable.Range(60, 20).Select(i => $"n{i}")];
        foreach (var name in nearest)
        {
            Measure(_pool.Find(name)!, name == "n61" ? 5 : 50);
        }

        _pool.Follow(nearest, isOver: true);

        Assert.Equal(nearest[..NodePool.MaxMembers], Names());
        Assert.Equal("n61", Home());
        Assert.True(_pool.Settled.IsCompletedSuccessfully);
        Assert.Equal(NodePool.MaxMembers, _handlers);
    }

    [Fact]
    public void Follow_SearchAfterTheFirst_LeavesTheHome()
    {
        _pool.Follow(Mesh("a", "b"), "a");
        Measure(_pool.Find("a")!, 5);
        Measure(_pool.Find("b")!, 50);
        _pool.Follow(["a", "b"], isOver: true);
        _pool.Follow(Mesh("a", "b", "c"), "a");
        Measure(_pool.Find("c")!, 1);

        _pool.Follow(["c", "a", "b"], isOver: true);

        Assert.Equal("a", Home());
        Assert.Contains("c", Names());
    }

    [Fact]
    public void Follow_NodeLeaves_IsLetGoAndTheHomeMoves()
    {
        _pool.Follow(Mesh("a", "b", "c"), "a");

        _pool.Follow(Mesh("b", "c"), null);

        Assert.Equal(["b", "c"], Names().Order());
        Assert.NotEqual("a", Home());
        Assert.Equal(2, _handlers);
        Assert.Null(_pool.Find("a"));
    }

    [Fact]
    public void Follow_NodeMovesToAnotherAddress_IsAnotherNode()
    {
        _pool.Follow(Mesh("a", "b"), "a");
        var former = _pool.Find("a");

        _pool.Follow(new MeshModel("eu-west-2", 2, [Node("a", 7000), Node("b", 6401)], new Dictionary<string, MethodFacts>()), "a");

        Assert.NotSame(former, _pool.Find("a"));
        Assert.Equal(7000, _pool.Find("a")!.Address.Port);
        Assert.Equal(("a", 2), (Home(), _handlers));
    }

    [Fact]
    public void Eject_AllOneAfterAnother_LeavesTheLast()
    {
        _pool.Follow(Mesh("a", "b", "c"), "a");
        var nodes = _pool.Current.Nodes;

        _pool.Eject(_pool.Find("a")!);
        Assert.NotEqual("a", Home());
        foreach (var node in nodes)
        {
            _pool.Eject(node);
        }

        Assert.Equal(2, nodes.Count(node => node.IsEjected));
        Assert.False(_pool.Find(Home())!.IsEjected);
    }

    [Fact]
    public void Miss_CallAnsweredBetween_IsNoSilence()
    {
        _pool.Follow(Mesh("a", "b"), "a");
        var node = _pool.Find("a")!;

        Assert.False(node.Miss("late"));
        Assert.False(node.Miss("late"));
        node.Succeed();

        Assert.False(node.Miss("late"));
        Assert.False(node.Miss("late"));
        Assert.True(node.Miss("late"));
    }

    [Fact]
    public async Task Eject_CallsThatWait_AreToldAndLaterOnesAreNot()
    {
        _pool.Follow(Mesh("a", "b"), "a");
        var node = _pool.Find("a")!;
        var told = new TaskCompletionSource();
        node.Ejection.Register(told.SetResult);

        _pool.Eject(node);
        await told.Task.WaitAsync(TestDeadline.Default);
        _pool.Return(node);

        Assert.False(node.Ejection.IsCancellationRequested);
        Assert.False(node.IsEjected);
    }

    [Fact]
    public void Follow_FirstMesh_IsWarmAndWhoComesLaterIsNot()
    {
        _pool.Follow(Mesh("a", "b"), "a");
        Measure(_pool.Find("a")!, 20);
        Measure(_pool.Find("b")!, 400);
        _time.Advance(NodeState.WarmUp / 5);
        _pool.Follow(["a", "b"], isOver: true);
        var calls = Enumerable.Range(0, 200).Select(seed => _pool.Current.Nodes[_pool.Current.Pick(0, new Random(seed))].Name);
        Assert.Equal("a", Assert.Single(calls.Distinct()));

        _pool.Follow(Mesh("a", "b", "c"), "a");
        var late = _pool.Find("c")!;
        Assert.Equal(0, late.ToCandidate(late.Now).Warmth);
    }

    [Fact]
    public void Return_AfterEjection_WarmsUp()
    {
        _pool.Follow(Mesh("a", "b"), "a");
        var node = _pool.Find("a")!;
        _time.Advance(NodeState.WarmUp);
        Assert.Equal(1, node.ToCandidate(node.Now).Warmth);

        _pool.Eject(node);
        _pool.Return(node);
        _time.Advance(NodeState.WarmUp / 4);

        Assert.Equal(0.25, node.ToCandidate(node.Now).Warmth);
    }

    [Fact]
    public void CloseWindow_AnotherIsNearer_MovesAfterThree()
    {
        _pool.Follow(Mesh("a", "b"), "a");
        Measure(_pool.Find("a")!, 50);
        Measure(_pool.Find("b")!, 10);
        var homes = Enumerable.Range(0, 3).Select(_ =>
        {
            _pool.CloseWindow();
            return Home();
        }).ToList();

        Assert.Equal(["a", "a", "b"], homes);
    }

    [Fact]
    public void Revise_HomeDrains_Moves()
    {
        _pool.Follow(Mesh("a", "b"), "a");
        _pool.Find("a")!.Answer(null, new ProbeResponse { Node = "a", Draining = true });

        _pool.Revise();

        Assert.Equal("b", Home());
    }

    [Fact]
    public void Pick_HomeComesToItsCapacity_GoesElsewhereAtOnce()
    {
        _pool.Follow(Mesh("a", "b"), "a");
        _pool.Find("a")!.Answer(null, new ProbeResponse { Node = "a", Capacity = 2 });
        _pool.Return(_pool.Find("a")!);
        var pool = _pool.Current;

        List<string> taken = [.. Enumerable.Range(0, 3).Select(_ =>
        {
            var node = pool.Nodes[pool.Pick(0, ScriptedRandom.Repeating(0))];
            node.Begin();
            return node.Name;
        })];

        Assert.Equal(["a", "a", "b"], taken);
    }

    [Fact]
    public void Explain_EachNode_SaysWhyWithItsNumbers()
    {
        _pool.Follow(Mesh("a", "b", "c", "d"), "a");
        Measure(_pool.Find("a")!, 20);
        Measure(_pool.Find("b")!, 10);
        Measure(_pool.Find("c")!, 50);
        _pool.Find("d")!.Answer(TimeSpan.FromMilliseconds(1), new ProbeResponse { Node = "d", Capacity = 3, InFlight = 7 });
        _time.Advance(NodeState.WarmUp);
        _pool.Revise();

        var nodes = PoolExplainer.Explain(_pool.Current);

        Assert.Equal(
            [
                "a: the home: calls stay while it is well",
                "d: hot: 7 calls in flight, capacity 3",
                "b: within 2 ms of the best, but the home takes the calls",
                "c: costs 40 ms more than the best",
            ],
            nodes.Select(node => $"{node.Status.Name}: {node.Why}"));
        Assert.Equal([1, 0, 0, 0], nodes.Select(node => node.Share));
        Assert.Equal(TimeSpan.FromMilliseconds(10), nodes[2].Cost);
    }

    [Fact]
    public void Failures_AreForgottenByTime()
    {
        _pool.Follow(Mesh("a", "b"), "a");
        var node = _pool.Find("a")!;
        for (var i = 1; i < NodeState.MaxFailures; i++)
        {
            node.Doubt("lost");
            Assert.False(node.Blame());
        }

        node.Doubt("lost");
        Assert.True(node.Blame());
        var before = node.ToCandidate(node.Now).FailureShare;
        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(1 - Math.Pow(0.9, 5), before, 9);
        Assert.Equal(before / 2, node.ToCandidate(node.Now).FailureShare, 9);
    }

    [Fact]
    public void Pick_FromThePool_AllocatesNothing()
    {
        _pool.Follow(Mesh([.. Enumerable.Range(0, NodePool.MaxMembers).Select(i => $"n{i}")]), "n0");
        var model = _pool.Current;
        var random = new Random(1);
        var sum = model.Pick(0, random);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            sum += model.Pick(0, random);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(0, sum);
    }

    [Fact]
    public void Dispose_LetsAllGo()
    {
        _pool.Follow(Mesh("a", "b"), "a");

        _pool.Dispose();
        _pool.Follow(Mesh("a", "b"), "a");

        Assert.True(_pool.Settled.IsCanceled);
        Assert.Equal((0, 0), (_pool.Current.Nodes.Length, _handlers));
        Assert.Equal(-1, _pool.Current.Pick(0, new Random(1)));
    }

    private static void Measure(NodeState node, int milliseconds) =>
        node.Answer(TimeSpan.FromMilliseconds(milliseconds), new ProbeResponse { Node = node.Name, Residence = Duration.FromTimeSpan(TimeSpan.Zero) });

    private static MeshModel Mesh(params string[] names) =>
        new("eu-west-2", 1, [.. names.Select(name => Node(name, 6400 + (name.Length == 1 ? name[0] - 'a' : int.Parse(name[1..], CultureInfo.InvariantCulture))))], new Dictionary<string, MethodFacts>());

    private static MeshNodeModel Node(string name, int port) => new(new LatencyNode { Name = name }, new Uri($"http://127.0.0.1:{port}"));

    private List<string> Names() => [.. _pool.Current.Nodes.Select(node => node.Name)];

    private string Home() => _pool.Current.Nodes[_pool.Current.Home].Name;

    private sealed class CountedHandler : HttpMessageHandler
    {
        private readonly NodePoolTests _owner;

        public CountedHandler(NodePoolTests owner)
        {
            _owner = owner;
            _owner._handlers++;
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            _owner._handlers--;
            base.Dispose(disposing);
        }
    }
}

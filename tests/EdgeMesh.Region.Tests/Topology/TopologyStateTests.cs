using EdgeMesh.Region.Topology;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeMesh.Region.Tests.Topology;

public sealed class TopologyStateTests : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    private readonly ManualTimeProvider _time = new();
    private readonly TopologyOptions _options = new() { RegionName = "eu-west-2", Version = "0.1.0", MaxNodes = 3 };
    private readonly List<MethodShape> _methods = [new() { Method = "edgemesh.v1.ObjectStoreService/GetObject", SideEffectFree = true }];
    private readonly TopologyState _state;

    public TopologyStateTests() => _state = new TopologyState(_options, () => [.. _methods], _time, NullLogger<TopologyState>.Instance);

    public void Dispose() => _state.Dispose();

    [Fact]
    public void GetSnapshot_NobodyJoined_HasTheRegionAndItsMethods()
    {
        _state.SetRegionAddress("http://127.0.0.1:6400");

        var message = _state.GetSnapshot().Message;

        Assert.Equal("eu-west-2", message.Region);
        Assert.Equal(_methods, message.Methods);
        Assert.Equal(_options.HeartbeatInterval, message.HeartbeatInterval.ToTimeSpan());
        var region = Assert.Single(message.Nodes);
        Assert.Equal(("eu-west-2", NodeKind.Region, "http://127.0.0.1:6400", NodeState.Ready), (region.Name, region.Kind, region.Address, region.State));
    }

    [Fact]
    public void Join_SeveralNodes_ListsThemByKindAndName()
    {
        Join("LHR50-2");
        Join("eu-west-2-man-1a", NodeKind.LocalZone);
        Join("LHR50-1");

        Assert.Equal(["eu-west-2", "LHR50-1", "LHR50-2", "eu-west-2-man-1a"], _state.ListNodes().Select(n => n.Name));
    }

    [Fact]
    public void Join_NodeThatSaysWhereItStands_IsPublishedWithIt()
    {
        var place = new Position { Latitude = 51.47, Longitude = -0.45 };
        _state.Join(new JoinRequest.Types.Hello { Name = "LHR50-1", Kind = NodeKind.EdgeLocation, Address = "http://127.0.0.1:6401", Version = "0.1.0", Position = place, Jurisdiction = "GB" }, out _);

        var node = _state.GetSnapshot().Message.Nodes[1];

        Assert.Equal(place, node.Position);
        Assert.Equal("GB", node.Jurisdiction);
        Assert.Null(_state.GetSnapshot().Message.Nodes[0].Position);
    }

    [Fact]
    public void GetSnapshot_AfterChange_HasLaterVersionAndCompletesTheFormer()
    {
        var former = _state.GetSnapshot();
        Assert.Same(former, _state.GetSnapshot());
        Assert.False(former.Changed.IsCompleted);

        var member = Join("LHR50-1");

        Assert.True(former.Changed.IsCompleted);
        var latter = _state.GetSnapshot();
        Assert.True(latter.Message.Version > former.Message.Version);

        _state.Report(member, new NodeReport { Hits = 5 });
        Assert.Same(latter, _state.GetSnapshot());
        Assert.Equal(5u, Node("LHR50-1")!.Report.Hits);
        Assert.All(_state.GetSnapshot().Message.Nodes, n => Assert.Null(n.Report));
    }

    [Fact]
    public void Report_JustInTime_KeepsTheNode()
    {
        var member = Join("LHR50-1");

        for (var i = 0; i < 4; i++)
        {
            _time.Advance(_options.SilenceLimit - Tick);
            _state.Report(member, new NodeReport());
        }

        Assert.Equal(NodeState.Ready, Node("LHR50-1")!.State);
        Assert.Equal(_time.GetUtcNow(), Node("LHR50-1")!.ReportTime.ToDateTimeOffset());
        _time.Advance(_options.SilenceLimit);
        Assert.Equal(NodeState.Lost, Node("LHR50-1")!.State);
    }

    [Fact]
    public async Task Silence_OfThreeIntervals_LosesTheNodeAndEndsItsMembership()
    {
        var member = Join("LHR50-1");
        var before = _state.GetSnapshot();

        _time.Advance(_options.SilenceLimit - Tick);
        Assert.Equal(NodeState.Ready, Node("LHR50-1")!.State);
        _time.Advance(Tick);

        Assert.Equal(NodeState.Lost, Node("LHR50-1")!.State);
        Assert.Equal(MembershipEnd.Silent, await member.Ended);
        Assert.True(before.Changed.IsCompleted);

        _state.Report(member, new NodeReport());
        Assert.Equal(NodeState.Lost, Node("LHR50-1")!.State);
    }

    [Fact]
    public void Silence_TimerFiresEarly_StillLosesTheNode()
    {
        var clock = new CoarseTimerProvider(_time);
        using var state = new TopologyState(_options, () => [.. _methods], clock, NullLogger<TopologyState>.Instance);
        Assert.Equal(JoinOutcome.Joined, state.Join(Hello("LHR50-1"), out _));

        clock.Lag = TimeSpan.FromMilliseconds(3);
        _time.Advance(_options.SilenceLimit);
        Assert.Equal(NodeState.Ready, state.ListNodes().Single(n => n.Name == "LHR50-1").State);
        _time.Advance(clock.Lag);

        Assert.Equal(NodeState.Lost, state.ListNodes().Single(n => n.Name == "LHR50-1").State);
    }

    [Fact]
    public void Leave_NodeThatDidNotDrain_IsLostForAnHour()
    {
        var member = Join("LHR50-1");

        _state.Leave(member);

        Assert.Equal(NodeState.Lost, Node("LHR50-1")!.State);
        _time.Advance(_options.LostRetention - Tick);
        Assert.NotNull(Node("LHR50-1"));
        var before = _state.GetSnapshot();
        _time.Advance(Tick);
        Assert.Null(Node("LHR50-1"));
        Assert.True(before.Changed.IsCompleted);
    }

    [Fact]
    public void Leave_NodeThatDrained_IsGoneAtOnce()
    {
        var member = Join("LHR50-1");
        _state.Report(member, new NodeReport { Draining = true });
        Assert.Equal(NodeState.Draining, Node("LHR50-1")!.State);

        _state.Leave(member);

        Assert.Null(Node("LHR50-1"));
        Assert.Equal(0, _time.TimerCount);
    }

    [Fact]
    public async Task Join_SameNameAndAddressWhileTheFormerSeemsAlive_ReplacesIt()
    {
        var ghost = Join("LHR50-1");

        var member = Join("LHR50-1");

        Assert.Equal(MembershipEnd.Replaced, await ghost.Ended);
        _state.Leave(ghost);
        _state.Report(ghost, new NodeReport { Hits = 9 });
        Assert.Equal(NodeState.Ready, Node("LHR50-1")!.State);
        Assert.Null(Node("LHR50-1")!.Report);
        Assert.False(member.Ended.IsCompleted);
    }

    [Fact]
    public void Join_SameNameFromElsewhere_WaitsForAMissedHeartbeat()
    {
        var former = Join("LHR50-1");
        var elsewhere = Hello("LHR50-1", address: "http://10.0.0.2:6401");

        _time.Advance(1.5 * _options.HeartbeatInterval);
        Assert.Equal(JoinOutcome.NameTaken, _state.Join(elsewhere, out _));
        Assert.False(former.Ended.IsCompleted);

        _time.Advance(Tick);
        Assert.Equal(JoinOutcome.Joined, _state.Join(elsewhere, out _));
        Assert.True(former.Ended.IsCompleted);
        Assert.Equal("http://10.0.0.2:6401", Node("LHR50-1")!.Address);
    }

    [Fact]
    public void Join_SameNameFromElsewhereAfterLoss_IsLetIn()
    {
        _state.Leave(Join("LHR50-1"));

        Assert.Equal(JoinOutcome.Joined, _state.Join(Hello("LHR50-1", address: "http://10.0.0.2:6401"), out _));
        Assert.Equal(NodeState.Ready, Node("LHR50-1")!.State);
    }

    [Fact]
    public void Join_MeshFull_TakesThePlaceOfTheLongestLostOrIsRefused()
    {
        Join("LHR50-1");
        var second = Join("LHR50-2");
        var third = Join("LHR50-3");
        Assert.Equal(JoinOutcome.MeshFull, _state.Join(Hello("LHR50-4"), out _));

        _state.Leave(third);
        _time.Advance(TimeSpan.FromSeconds(1));
        _state.Leave(second);
        Join("LHR50-4");

        Assert.Equal(["eu-west-2", "LHR50-1", "LHR50-2", "LHR50-4"], _state.ListNodes().Select(n => n.Name));
    }

    [Fact]
    public void RefreshMethods_SomeMore_AreAChangeAndElseNot()
    {
        var before = _state.GetSnapshot();
        _state.RefreshMethods();
        Assert.Same(before, _state.GetSnapshot());

        _methods.Add(new MethodShape { Method = "shop.v1.Catalog/Watch", ServerStreaming = true });
        _state.RefreshMethods();

        Assert.True(before.Changed.IsCompleted);
        Assert.Equal(_methods, _state.GetSnapshot().Message.Methods);
    }

    [Fact]
    public void GetSnapshot_MeshAndMethodsAtTheirLimits_FitsOneMessage()
    {
        var options = new TopologyOptions { RegionName = "eu-west-2", Version = new string('v', 64) };
        var many = Enumerable.Range(0, 40_000).Select(i => new MethodShape { Method = $"shop.v1.Catalog{i:D6}/Method", Idempotent = true }).ToList();
        var log = new LogCollector();
        using var state = new TopologyState(options, () => many, _time, log.CreateLogger<TopologyState>());
        for (var i = 0; i < options.MaxNodes; i++)
        {
            var name = $"LHR{1 + (i / 999)}-{1 + (i % 999)}";
            Assert.Equal(JoinOutcome.Joined, state.Join(Hello(name, "http://" + new string('h', 255 - 7), new string('v', 64)), out _));
        }

        var message = state.GetSnapshot().Message;

        Assert.Equal(options.MaxNodes + 1, message.Nodes.Count);
        Assert.InRange(message.Methods.CalculateSize(Google.Protobuf.FieldCodec.ForMessage(34, MethodShape.Parser)), 1, TopologyState.MaxMethodBytes);
        Assert.InRange(message.CalculateSize(), 1, 4 << 20);
        Assert.Contains(log.Lines, l => l.EventId.Id == 2105);
    }

    [Fact]
    public async Task Join_ManyAtOnce_LeavesOneConsistentTopology()
    {
        using var state = new TopologyState(new TopologyOptions { RegionName = "eu-west-2", Version = "1" }, () => [], _time, NullLogger<TopologyState>.Instance);
        var seen = new List<ulong>();

        var readers = Task.Run(async () =>
        {
            for (var snapshot = state.GetSnapshot(); snapshot.Message.Nodes.Count(n => n.State == NodeState.Ready) < 101;)
            {
                seen.Add(snapshot.Message.Version);
                await snapshot.Changed.WaitAsync(TestDeadline.Default);
                snapshot = state.GetSnapshot();
            }
        });
        await Parallel.ForEachAsync(Enumerable.Range(1, 200), (i, _) =>
        {
            // Half of them come back under the same name.
            Assert.Equal(JoinOutcome.Joined, state.Join(Hello($"LHR50-{1 + (i % 100)}"), out var member));
            state.Report(member!, new NodeReport { Hits = (ulong)i });
            return ValueTask.CompletedTask;
        });

        await readers.WaitAsync(TestDeadline.Default);
        Assert.Equal(101, state.ListNodes().Count);
        Assert.Equal(seen.Order().Distinct(), seen);
        Assert.Equal(100, _time.TimerCount);
    }

    [Fact]
    public void Zone_GroupAndPlacedServices_AreToldAndChangeTheVersion()
    {
        var zone = Join("eu-west-2-man-1a", NodeKind.LocalZone);
        var joined = _state.GetSnapshot().Message.Version;
        Assert.Equal(("eu-west-2-man-1", false), Read());

        _state.SetZoneGroups(new Dictionary<string, bool> { ["eu-west-2-man-1"] = true });
        _state.Report(zone, new NodeReport { PlacedServices = { "a.v1.", "b.v1." } });
        _state.Report(zone, new NodeReport { PlacedServices = { "a.v1.", "b.v1." } });

        Assert.Equal(("eu-west-2-man-1", true), Read());
        Assert.Equal(joined + 2, _state.GetSnapshot().Message.Version);
        Assert.Equal(["a.v1.", "b.v1."], _state.ListNodes()[1].PlacedServices);
        Assert.Empty(_state.ListNodes()[1].Report.PlacedServices);

        (string, bool) Read() => (_state.GetSnapshot().Message.Nodes[1].ZoneGroup, _state.GetSnapshot().Message.Nodes[1].ZoneGroupEnabled);
    }

    [Fact]
    public void PlacedServices_OfAnEdgeLocation_AreNotTaken()
    {
        _state.Report(Join("LHR50-1"), new NodeReport { PlacedServices = { "a.v1." } });

        Assert.Empty(_state.ListNodes()[1].PlacedServices);
    }

    private static JoinRequest.Types.Hello Hello(string name, string? address = null, string version = "0.1.0", NodeKind kind = NodeKind.EdgeLocation) =>
        new() { Name = name, Kind = kind, Address = address ?? "http://127.0.0.1:6401", Version = version };

    private Membership Join(string name, NodeKind kind = NodeKind.EdgeLocation)
    {
        Assert.Equal(JoinOutcome.Joined, _state.Join(Hello(name, kind: kind), out var membership));
        return membership!;
    }

    private NodeInfo? Node(string name) => _state.ListNodes().SingleOrDefault(n => n.Name == name);

    /// <summary>A clock whose timestamps are behind its timers, as the system's are by up to a tick of its coarse clock.</summary>
    private sealed class CoarseTimerProvider(TimeProvider inner) : TimeProvider
    {
        public TimeSpan Lag { get; set; }

        public override long TimestampFrequency => inner.TimestampFrequency;

        public override long GetTimestamp() => inner.GetTimestamp() - (Lag.Ticks * inner.TimestampFrequency / TimeSpan.TicksPerSecond);

        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => inner.CreateTimer(callback, state, dueTime, period);
    }
}

using EdgeMesh.Node.Top;
using EdgeMesh.V1;
using Google.Protobuf.WellKnownTypes;

namespace EdgeMesh.Node.Tests.Top;

public sealed class RateTableTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly RateTable _table = new();

    [Fact]
    public void Update_FirstReport_HasNoRates() => Assert.Null(Update(Node(0, calls: 10)).Rates);

    [Fact]
    public void Update_SecondReport_IsTheDifferenceASecond()
    {
        Update(Node(0, calls: 100, hits: 50, misses: 10, coalesced: 0, sentBytes: 1_000, errors: 1));

        var rates = Update(Node(5, calls: 150, hits: 80, misses: 16, coalesced: 4, sentBytes: 6_000, errors: 2)).Rates!;

        Assert.Equal((10, 0.75, 1_000, 0.2), (rates.CallsPerSecond, rates.HitRatio!.Value, rates.SentBytesPerSecond, rates.ErrorsPerSecond));
    }

    [Fact]
    public void Update_SameReportAgain_KeepsItsRates()
    {
        Update(Node(0, calls: 100));
        var rates = Update(Node(5, calls: 150)).Rates;

        Assert.Same(rates, Update(Node(5, calls: 150)).Rates);
        Assert.Equal(0, Update(Node(10, calls: 150)).Rates!.CallsPerSecond);
    }

    [Fact]
    public void Update_NothingCacheable_HasNoHitRatio()
    {
        Update(Node(0, calls: 1));

        Assert.Null(Update(Node(5, calls: 2)).Rates!.HitRatio);
    }

    [Fact]
    public void Update_ProcessStartedAgain_HasNoRatesUntilItsSecondReport()
    {
        Update(Node(0, calls: 100));

        Assert.Null(Update(Node(5, calls: 3)).Rates);
        Assert.Equal(1, Update(Node(10, calls: 8)).Rates!.CallsPerSecond);
    }

    [Fact]
    public void Update_LostNode_HasNoRates()
    {
        Update(Node(0, calls: 100));
        var lost = Node(5, calls: 150);
        lost.State = NodeState.Lost;

        Assert.Null(Update(lost).Rates);
    }

    [Fact]
    public void Sort_ByEachOrder_PutsFirstWhatOneLooksFor()
    {
        var table = new RateTable();
        table.Update([Node(0, name: "quiet"), Node(0, name: "busy"), Node(0, name: "missing"), Node(0, name: "new")]);
        var nodes = table.Update(
        [
            Node(5, calls: 10, hits: 10, name: "quiet"), Node(5, calls: 100, hits: 90, misses: 10, sentBytes: 10_000, name: "busy"),
            Node(5, calls: 20, hits: 1, misses: 19, errors: 5, name: "missing"), Node(0, name: "new"),
        ]);

        Assert.Equal(["quiet", "busy", "missing", "new"], Names(TopOrder.Name));
        Assert.Equal(["busy", "missing", "quiet", "new"], Names(TopOrder.Calls));
        Assert.Equal(["missing", "busy", "quiet", "new"], Names(TopOrder.Hits));
        Assert.Equal("busy", Names(TopOrder.Bytes)[0]);
        Assert.Equal("missing", Names(TopOrder.Errors)[0]);

        string[] Names(TopOrder order) => [.. order.Sort(nodes).Select(node => node.Node.Name)];
    }

    [Fact]
    public void Table_OfNodes_SaysWhatIsNotKnownWithADash()
    {
        Update(Node(0, calls: 100));
        var rated = Update(Node(5, calls: 1_600, hits: 3, misses: 1));
        rated.Node.Report.Latency = new LatencySummary { P50 = Duration.FromTimeSpan(TimeSpan.FromMicroseconds(420)), P99 = Duration.FromTimeSpan(TimeSpan.FromSeconds(1.25)) };

        var line = TopText.Table([rated]).PlainLines().Last();

        Assert.Equal(["LHR50-1", "ready", "300", "75.0 %", "0", "420 µs", "-", "1.3 s", "0 B", "0 B", "0", "0 B", "0", "0"], line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    private static NodeInfo Node(
        double seconds, ulong calls = 0, ulong hits = 0, ulong misses = 0, ulong coalesced = 0, ulong sentBytes = 0, ulong errors = 0, string name = "LHR50-1") => new()
        {
            Name = name,
            Kind = NodeKind.EdgeLocation,
            State = NodeState.Ready,
            ReportTime = Timestamp.FromDateTimeOffset(Start.AddSeconds(seconds)),
            Report = new NodeReport { Calls = calls, Hits = hits, Misses = misses, Coalesced = coalesced, SentBytes = sentBytes, Errors = errors },
        };

    private RatedNode Update(NodeInfo node) => Assert.Single(_table.Update([node]));
}

using EdgeMesh.Latency.Coordinates;
using EdgeMesh.Latency.Pairs;
using EdgeMesh.Probing.Messages;
using EdgeMesh.Probing.Peers;
using EdgeMesh.V1;
using Google.Protobuf.WellKnownTypes;
using EstimateSource = EdgeMesh.Latency.Pairs.EstimateSource;
using Reachability = EdgeMesh.Latency.Pairs.Reachability;

namespace EdgeMesh.Probing.Tests.Peers;

public sealed class PeerTableTests
{
    private static readonly ProbingOptions Options = new() { Node = "LHR50-1", CreateHandler = _ => new HttpClientHandler() };
    private readonly PeerTable _table = new(Options, new Random(1));
    private TimeSpan _now = TimeSpan.FromMinutes(1);

    public PeerTableTests() => _table.Choose(_now, Mesh("LHR50-1", "CDG50-1"));

    [Fact]
    public void Answer_ToAProbe_IsTheRoundTripWithoutResidence()
    {
        var outcome = Probe(TimeSpan.FromMilliseconds(12), answer => answer.Residence = Milliseconds(2));

        var pair = Assert.Single(_table.ReadPairs(_now)).Estimate;
        Assert.Equal(AnswerOutcome.Measured, outcome);
        Assert.Equal((TimeSpan.FromMilliseconds(10), EstimateSource.Measured, Reachability.Reachable), (pair.RoundTrip, pair.Source, pair.Reachability));
        Assert.NotNull(_table.Coordinate);
    }

    [Theory]
    [InlineData(1, 10)]
    [InlineData(200, 210)]
    public void Answer_OfAProbeThatWaited_CountsTheWaitInTailsAlone(int waitedMilliseconds, int p99Milliseconds)
    {
        var due = _now;
        _now += TimeSpan.FromMilliseconds(waitedMilliseconds);
        var probe = _table.Send("CDG50-1", due, _now, isWarm: true)!;
        _now += TimeSpan.FromMilliseconds(10);
        _table.Answer("CDG50-1", new ProbeResponse { Node = "CDG50-1", Sequence = probe.Sequence }, _now);

        var pair = _table.ReadPairs(_now)[0].Estimate;
        Assert.Equal(TimeSpan.FromMilliseconds(10), pair.RoundTrip);
        Assert.InRange(pair.P99!.Value.TotalMilliseconds, 0.98 * p99Milliseconds, 1.02 * p99Milliseconds);
    }

    [Fact]
    public void Answer_LateTwiceOrMadeUp_IsUnasked()
    {
        var probe = _table.Send("CDG50-1", _now, _now, isWarm: true)!;
        var answer = new ProbeResponse { Node = "CDG50-1", Sequence = probe.Sequence };
        Assert.Equal(AnswerOutcome.Unasked, _table.Answer("CDG50-1", new ProbeResponse { Node = "CDG50-1", Sequence = probe.Sequence + 1 }, _now));
        _now += TimeSpan.FromMilliseconds(1);
        Assert.Equal(AnswerOutcome.Measured, _table.Answer("CDG50-1", answer, _now));
        Assert.Equal(AnswerOutcome.Unasked, _table.Answer("CDG50-1", answer, _now));
        Assert.Equal(AnswerOutcome.Unasked, _table.Answer("XXX50-1", answer, _now));

        var late = _table.Send("CDG50-1", _now, _now, isWarm: true)!;
        _now += Options.Timeout;
        Assert.Equal(("CDG50-1", 1), Assert.Single(_table.Expire(_now)));
        Assert.Equal(AnswerOutcome.Unasked, _table.Answer("CDG50-1", new ProbeResponse { Node = "CDG50-1", Sequence = late.Sequence }, _now));
    }

    [Fact]
    public void Answer_OverANewConnection_WarmsIt()
    {
        var probe = _table.Send("CDG50-1", _now, _now, isWarm: false)!;

        Assert.Equal(AnswerOutcome.Warmed, _table.Answer("CDG50-1", new ProbeResponse { Node = "CDG50-1", Sequence = probe.Sequence }, _now + TimeSpan.FromSeconds(1)));
        Assert.Equal(EstimateSource.None, _table.ReadPairs(_now)[0].Estimate.Source);
    }

    [Fact]
    public void Answer_OfAnotherNode_IsALoss()
    {
        Assert.Equal(AnswerOutcome.Implausible, Probe(TimeSpan.FromMilliseconds(1), answer => answer.Node = "XXX50-1"));

        Assert.Equal(Reachability.Unreachable, _table.ReadPairs(_now)[0].Estimate.Reachability);
    }

    [Fact]
    public void Expire_ThreeInARow_IsUnreachableUntilTheNextAnswer()
    {
        Probe(TimeSpan.FromMilliseconds(10));
        for (var i = 0; i < 3; i++)
        {
            _table.Send("CDG50-1", _now, _now, isWarm: true);
            _now += Options.Interval;
            Assert.Equal(i + 1, Assert.Single(_table.Expire(_now)).LostInARow);
        }

        var lost = _table.ReadPairs(_now)[0].Estimate;
        Probe(TimeSpan.FromMilliseconds(10));

        Assert.Equal((Reachability.Unreachable, EstimateSource.Measured), (lost.Reachability, lost.Source));
        Assert.True(lost.Age > 2 * Options.Interval);
        Assert.Equal(Reachability.Reachable, _table.ReadPairs(_now)[0].Estimate.Reachability);
    }

    [Fact]
    public void Observe_NothingNew_TellsNothingUntilItIsAskedForAll()
    {
        Probe(TimeSpan.FromMilliseconds(10));
        _table.Refresh(_now);
        var first = _table.Observe(_now, whole: true);
        Probe(TimeSpan.FromMilliseconds(10));
        var second = _table.Observe(_now, whole: false);
        for (var i = 0; i < 20; i++)
        {
            Probe(TimeSpan.FromMilliseconds(15));
        }

        var third = _table.Observe(_now, whole: false);

        Assert.Equal(("CDG50-1", 10), (Assert.Single(first.Pairs).To, first.Pairs[0].Latency.RoundTrip.ToTimeSpan().TotalMilliseconds));
        Assert.True(first.Whole && first.Coordinate is not null);
        Assert.False(second.Whole);
        Assert.Empty(second.Pairs);
        Assert.Null(second.Coordinate);
        Assert.InRange(Assert.Single(third.Pairs).Latency.P50.ToTimeSpan().TotalMilliseconds, 14.8, 15.2);
        Assert.NotNull(PairMessages.Read(third.Pairs[0].Latency));
    }

    [Fact]
    public void Observe_AnswersStayAway_TellsThePairAgain()
    {
        Probe(TimeSpan.FromMilliseconds(10));
        _table.Observe(_now, whole: true);
        _now += 3 * Options.Interval;

        Assert.True(Assert.Single(_table.Observe(_now, whole: false).Pairs).Latency.Age.ToTimeSpan() > 2 * Options.Interval);
    }

    [Fact]
    public void Choose_APeerLeft_IsForgottenHereAndAtTheRegion()
    {
        Probe(TimeSpan.FromMilliseconds(10));
        _table.Refresh(_now);
        Assert.Equal("CDG50-1", Assert.Single(_table.Neighbours).Node);

        _table.Choose(_now, Mesh("LHR50-1", "FRA50-1"));
        var told = _table.Observe(_now, whole: false);

        Assert.True(told.Whole);
        Assert.Equal("FRA50-1", Assert.Single(told.Pairs).To);
        Assert.Null(_table.Send("CDG50-1", _now, _now, isWarm: true));
    }

    [Fact]
    public void Choose_ALargeMesh_HasTheNearAmongThoseWhomPeersNamed()
    {
        var names = Enumerable.Range(0, 1000).Select(i => $"AAA{i}-1").ToArray();
        var peers = _table.Choose(_now, Mesh(names)).Select(node => node.Name).ToHashSet();
        var near = names.First(name => !peers.Contains(name));
        var probe = _table.Send(peers.First(), _now, _now, isWarm: true)!;
        Assert.True(probe.Neighbours);

        var answer = new ProbeResponse { Node = peers.First(), Sequence = probe.Sequence };
        answer.Neighbours.Add(new MeshNeighbour { Node = near, RoundTrip = Milliseconds(1) });
        answer.Neighbours.Add(new MeshNeighbour { Node = "not in the mesh", RoundTrip = Milliseconds(1) });
        _table.Answer(peers.First(), answer, _now + TimeSpan.FromMilliseconds(1));
        var chosen = _table.Choose(_now, null).Select(node => node.Name).ToList();

        Assert.Equal(Options.MaxPeers, chosen.Count);
        Assert.Contains(near, chosen);
        Assert.DoesNotContain("not in the mesh", chosen);
    }

    [Fact]
    public void Choose_LostNodes_AreProbedAfterThoseThatAreThere()
    {
        var mesh = Mesh([.. Enumerable.Range(0, 60).Select(i => $"AAA{i}-1")]).Concat(Mesh([.. Enumerable.Range(0, 60).Select(i => $"BBB{i}-1")]).Select(node => node with { IsLost = true }));

        var chosen = _table.Choose(_now, mesh);

        Assert.Equal((60, 4), (chosen.Count(node => !node.IsLost), chosen.Count(node => node.IsLost)));
    }

    private static MeshNode[] Mesh(params string[] names) => [.. names.Select(name => new MeshNode(name, new Uri("http://127.0.0.1:6401"), IsLost: false))];

    private static Duration Milliseconds(double value) => Duration.FromTimeSpan(TimeSpan.FromMilliseconds(value));

    private AnswerOutcome Probe(TimeSpan roundTrip, Action<ProbeResponse>? change = null)
    {
        var probe = _table.Send("CDG50-1", _now, _now, isWarm: true)!;
        _now += roundTrip;
        var answer = new ProbeResponse { Node = "CDG50-1", Sequence = probe.Sequence, Coordinate = Coordinate.Origin.ToMessage() };
        change?.Invoke(answer);
        return _table.Answer("CDG50-1", answer, _now);
    }
}

using System.Net;
using EdgeMesh.Latency.Positions;
using EdgeMesh.Latency.Reports;
using EdgeMesh.Region.Measurements;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf.WellKnownTypes;

namespace EdgeMesh.Region.Tests.Measurements;

public sealed class ObjectivesTests
{
    private readonly ClientReports _own = new(new ManualTimeProvider());
    private readonly ClientsState _clients;
    private readonly Objectives _objectives;

    public ObjectivesTests()
    {
        _clients = new ClientsState(_own);
        _objectives = new Objectives(Objectives.DefaultTarget, _clients);
    }

    [Theory]
    [InlineData(198, 2, ObjectiveState.Met, 5, 0.99)]
    [InlineData(197, 3, ObjectiveState.Missed, 40, 0.985)]
    [InlineData(99, 0, ObjectiveState.Unspecified, 5, 1)]
    public void Judge_Reported_IsMetMissedOrUnknown(int near, int far, ObjectiveState state, double p99, double within)
    {
        Tell("LHR50-1", (5, near), (40, far));

        var objective = Assert.Single(_objectives.Judge([Node("LHR50-1", NodeKind.EdgeLocation)]));

        Assert.Equal((state, 3u, (ulong)(near + far), within), (objective.State, objective.Clients, objective.Samples, objective.Within));
        Assert.InRange(objective.Actual.ToTimeSpan().TotalMilliseconds, p99 * 0.99, p99 * 1.01);
        Assert.Equal((TimeSpan.FromMilliseconds(10), 0.99, TimeSpan.FromMinutes(7)), (objective.Target.ToTimeSpan(), objective.Quantile, objective.Window.ToTimeSpan()));
    }

    [Fact]
    public void Judge_NodesOfAllKinds_AreThoseForClientsToBeNearTo()
    {
        var objectives = _objectives.Judge(
        [
            Node("eu-west-2", NodeKind.Region), Node("LHR50-1", NodeKind.EdgeLocation), Node("CDG50-1", NodeKind.EdgeLocation, NodeState.Lost), Node("eu-west-2-man-1a", NodeKind.LocalZone, NodeState.Draining),
        ]).ToArray();

        Assert.Equal(["LHR50-1", "eu-west-2-man-1a"], objectives.Select(objective => objective.Node));
        Assert.All(objectives, objective => Assert.Null(objective.Actual));
    }

    [Fact]
    public void Take_NothingInTheWindowAnyMore_IsForgotten()
    {
        Tell("LHR50-1", (5, 100));
        _clients.Take("LHR50-1", new LatencyObservations());

        Assert.Null(_clients.Read("LHR50-1"));
    }

    [Fact]
    public void FindPlace_ReportedToTheRegionItself_IsFoundAgainAndAgain()
    {
        var place = new ClientPlace(null, new GeoPosition(1, 2));
        _own.Take(new ClientReport(IPAddress.Parse("192.0.2.7"), new byte[] { 1 }, [], place));

        Assert.Equal(place, _clients.FindPlace(IPAddress.Parse("192.0.2.8")));
        Assert.Equal(place, _clients.FindPlace(IPAddress.Parse("192.0.2.9")));
        Assert.Null(_clients.FindPlace(IPAddress.Parse("192.0.3.7")));
    }

    private static NodeInfo Node(string name, NodeKind kind, NodeState state = NodeState.Ready) => new() { Name = name, Kind = kind, State = state };

    private void Tell(string node, params (double Milliseconds, int Count)[] roundTrips)
    {
        var told = new ClientLatency { Clients = 3, Window = Duration.FromTimeSpan(TimeSpan.FromMinutes(7)) };
        told.Buckets.AddRange(roundTrips.Select(one => new LatencyBucket { Latency = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(one.Milliseconds)), Count = (ulong)one.Count }));
        _clients.Take(node, new LatencyObservations { Clients = told });
    }
}

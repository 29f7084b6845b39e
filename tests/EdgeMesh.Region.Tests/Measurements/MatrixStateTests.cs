using EdgeMesh.Probing.Messages;
using EdgeMesh.Region.Measurements;
using EdgeMesh.Region.Topology;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeMesh.Region.Tests.Measurements;

public sealed class MatrixStateTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly TopologyState _topology;
    private readonly MatrixState _matrix;

    public MatrixStateTests()
    {
        _topology = new TopologyState(new TopologyOptions { RegionName = "eu-west-2", Version = "0.1.0" }, () => [], _time, NullLogger<TopologyState>.Instance);
        _matrix = new MatrixState(_topology, _time);
    }

    public void Dispose() => _topology.Dispose();

    [Fact]
    public void Take_AMeasuredPair_IsKnownInBothDirectionsWithItsAge()
    {
        Join("LHR50-1");
        Join("CDG50-1");
        _matrix.Take("LHR50-1", Told(Measured("CDG50-1", 8)));
        _time.Advance(TimeSpan.FromSeconds(2.5));

        var matrix = Read();

        Assert.Equal(["eu-west-2", "CDG50-1", "LHR50-1"], matrix.Nodes.Select(node => node.Node));
        Assert.Equal(6, matrix.Pairs.Count);
        foreach (var (from, to) in ((string, string)[])[("LHR50-1", "CDG50-1"), ("CDG50-1", "LHR50-1")])
        {
            var pair = Find(matrix, from, to);
            Assert.Equal((8.0, EstimateSource.Measured, Reachability.Reachable), (pair.RoundTrip.ToTimeSpan().TotalMilliseconds, pair.Source, pair.Reachability));
            Assert.Equal(TimeSpan.FromSeconds(4), pair.Age.ToTimeSpan());
        }

        Assert.Equal(EstimateSource.Unspecified, Find(matrix, "eu-west-2", "LHR50-1").Source);
    }

    [Fact]
    public void Take_TwoCoordinates_PredictTheirPair()
    {
        Join("LHR50-1");
        Join("CDG50-1");
        _matrix.Take("LHR50-1", new LatencyObservations { Coordinate = At(0) });
        _matrix.Take("CDG50-1", new LatencyObservations { Coordinate = At(0.03) });

        var pair = Find(Read(), "LHR50-1", "CDG50-1");

        Assert.Equal((EstimateSource.Predicted, Reachability.Unspecified), (pair.Source, pair.Reachability));
        Assert.InRange(pair.RoundTrip.ToTimeSpan().TotalMilliseconds, 30, 33);
    }

    [Fact]
    public void Take_AFailedPair_IsNeverABareEstimate()
    {
        Join("LHR50-1");
        Join("CDG50-1");
        _matrix.Take("LHR50-1", new LatencyObservations { Coordinate = At(0), Pairs = { Failed("CDG50-1") } });
        _matrix.Take("CDG50-1", new LatencyObservations { Coordinate = At(0.03) });
        var predicted = Find(Read(), "LHR50-1", "CDG50-1");

        // The other way round it works.
        _matrix.Take("CDG50-1", Told(Measured("LHR50-1", 9)));
        var mirrored = Find(Read(), "LHR50-1", "CDG50-1");

        Assert.Equal((EstimateSource.Predicted, Reachability.Unreachable, 1.0), (predicted.Source, predicted.Reachability, predicted.Loss));
        Assert.Equal((EstimateSource.Measured, Reachability.Unreachable, 1.0), (mirrored.Source, mirrored.Reachability, mirrored.Loss));
        Assert.Equal(Reachability.Reachable, Find(Read(), "CDG50-1", "LHR50-1").Reachability);
    }

    [Fact]
    public void Take_Whole_ForgetsTheOthers()
    {
        Join("LHR50-1");
        Join("CDG50-1");
        _matrix.Take("LHR50-1", Told(Measured("CDG50-1", 8), Measured("eu-west-2", 2)));
        _matrix.Take("LHR50-1", new LatencyObservations { Whole = true, Pairs = { Measured("eu-west-2", 2) } });

        Assert.Equal(EstimateSource.Unspecified, Find(Read(), "LHR50-1", "CDG50-1").Source);
        Assert.Equal(EstimateSource.Measured, Find(Read(), "LHR50-1", "eu-west-2").Source);
    }

    [Fact]
    public void GetSnapshot_ANodeIsLost_WhatItSawIsForgottenAndItIsNoneToBeSentTo()
    {
        var lost = Join("LHR50-1");
        Join("CDG50-1");
        _matrix.Take("LHR50-1", Told(Measured("CDG50-1", 8)));
        _matrix.Take("CDG50-1", Told(Failed("LHR50-1")));
        _topology.Leave(lost);
        _matrix.Take("LHR50-1", Told(Measured("CDG50-1", 8)));

        var snapshot = _matrix.GetSnapshot();
        var pair = Find(Read(), "LHR50-1", "CDG50-1");

        Assert.Null(snapshot.Present.Find("LHR50-1"));
        Assert.Equal(NodeState.Lost, Read().Nodes.Single(node => node.Node == "LHR50-1").State);
        Assert.Equal((EstimateSource.Unspecified, Reachability.Unreachable), (pair.Source, pair.Reachability));
    }

    [Fact]
    public void GetSnapshot_NothingNew_HasTheVersionOfTheOneBefore()
    {
        Join("LHR50-1");
        var first = _matrix.GetSnapshot().Version;
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(first, _matrix.GetSnapshot().Version);

        _matrix.Take("LHR50-1", Told(Measured("eu-west-2", 2)));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.NotEqual(first, _matrix.GetSnapshot().Version);
    }

    [Fact]
    public void Write_MoreNodesThanFit_IsRefusedUnlessFewerAreNamed()
    {
        for (var i = 0; i < MatrixMessages.MaxNodes; i++)
        {
            Join($"LHR{i}-1");
        }

        Assert.Null(MatrixMessages.Write(_matrix.GetSnapshot(), []));
        var some = MatrixMessages.Write(_matrix.GetSnapshot(), ["LHR7-1", "LHR8-1", "nobody"])!;
        Assert.Equal((2, 2), (some.Nodes.Count, some.Pairs.Count));
    }

    [Fact]
    public void Take_Lies_NeverThrowAndSpoilNoOtherRow() => Prop.ForAll(
        Gen.Choose(int.MinValue, int.MaxValue).ToArbitrary(),
        seed =>
        {
            var random = new Random(seed);
            using var topology = new TopologyState(new TopologyOptions { RegionName = "eu-west-2", Version = "0.1.0" }, () => [], _time, NullLogger<TopologyState>.Instance);
            var matrix = new MatrixState(topology, _time);
            foreach (var name in (string[])["LHR50-1", "CDG50-1", "FRA50-1"])
            {
                Join(name, topology);
            }

            matrix.Take("CDG50-1", Told(Measured("FRA50-1", 8)));
            for (var i = 0; i < 20; i++)
            {
                matrix.Take(random.Next(10) == 0 ? "nobody" : "LHR50-1", Lie(random));
            }

            var written = MatrixMessages.Write(matrix.GetSnapshot(), [])!;
            Assert.Equal(8, Find(written, "CDG50-1", "FRA50-1").RoundTrip.ToTimeSpan().TotalMilliseconds);
            Assert.All(written.Pairs, pair => Assert.True(pair.Latency.Source != EstimateSource.Measured || PairMessages.Read(pair.Latency) is not null));
            Assert.All(written.Nodes, node => Assert.True(node.Coordinate is null || CoordinateMessages.TryRead(node.Coordinate, out _)));
        }).QuickCheckThrowOnFailure();

    private static LatencyObservations Told(params PairMeasurement[] pairs) => new() { Pairs = { pairs } };

    private static PairMeasurement Measured(string to, double milliseconds) => new()
    {
        To = to,
        Latency = new PairLatency
        {
            RoundTrip = Milliseconds(milliseconds),
            Error = Milliseconds(1),
            Age = Milliseconds(1000),
            Source = EstimateSource.Measured,
            Reachability = Reachability.Reachable,
            P50 = Milliseconds(milliseconds),
            P99 = Milliseconds(milliseconds),
        },
    };

    private static PairMeasurement Failed(string to) => new() { To = to, Latency = new PairLatency { Reachability = Reachability.Unreachable, Loss = 1 } };

    private static LatencyCoordinate At(double seconds) => new() { Position = { seconds, 0, 0, 0, 0, 0, 0, 0 }, Height = 0.001, Error = 0.1 };

    private static Duration Milliseconds(double value) => Duration.FromTimeSpan(TimeSpan.FromMilliseconds(value));

    private static LatencyObservations Lie(Random random)
    {
        double[] numbers = [double.NaN, double.PositiveInfinity, -1, 0, 0.5, 1, 1.01, 1e300];
        string[] names = ["LHR50-1", "CDG50-1", "FRA50-1", "eu-west-2", "nobody", ""];
        var lie = new LatencyObservations { Whole = random.Next(5) == 0, Coordinate = new LatencyCoordinate { Height = Number(), Adjustment = Number(), Error = Number() } };
        lie.Coordinate.Position.AddRange(Enumerable.Range(0, random.Next(6, 10)).Select(_ => Number()));
        for (var i = random.Next(2000); i > 0; i--)
        {
            lie.Pairs.Add(new PairMeasurement
            {
                To = names[random.Next(names.Length)],
                Latency = random.Next(10) == 0 ? null : new PairLatency
                {
                    RoundTrip = Odd(),
                    Error = Odd(),
                    Age = Odd(),
                    P50 = Odd(),
                    P99 = Odd(),
                    Loss = Number(),
                    Source = (EstimateSource)random.Next(-1, 5),
                    Reachability = (Reachability)random.Next(-1, 5),
                },
            });
        }

        return lie;

        double Number() => numbers[random.Next(numbers.Length)];

        Duration? Odd() => random.Next(3) switch
        {
            0 => null,
            1 => Milliseconds(random.Next(1, 12_000)),
            _ => new Duration { Seconds = random.NextInt64(), Nanos = random.Next(int.MinValue, int.MaxValue) },
        };
    }

    private static PairLatency Find(LatencyMatrix matrix, string from, string to) =>
        matrix.Pairs.Single(pair => matrix.Nodes[(int)pair.From].Node == from && matrix.Nodes[(int)pair.To].Node == to).Latency;

    private LatencyMatrix Read()
    {
        // A snapshot is shared for half a second.
        _time.Advance(TimeSpan.FromSeconds(0.5));
        return MatrixMessages.Write(_matrix.GetSnapshot(), [])!;
    }

    private Membership Join(string name, TopologyState? topology = null)
    {
        (topology ?? _topology).Join(new JoinRequest.Types.Hello { Name = name, Kind = NodeKind.EdgeLocation, Address = "http://127.0.0.1:6401", Version = "1" }, out var membership);
        return membership!;
    }
}

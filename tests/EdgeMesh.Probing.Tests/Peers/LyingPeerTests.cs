using EdgeMesh.Latency;
using EdgeMesh.Probing.Messages;
using EdgeMesh.Probing.Peers;
using EdgeMesh.V1;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf.WellKnownTypes;
using EstimateSource = EdgeMesh.Latency.Pairs.EstimateSource;

namespace EdgeMesh.Probing.Tests.Peers;

/// <summary>Peers that lie, clocks that jump, nodes that vanish, a thousand that join at once: never an exception, never a number that cannot be, and honest peers are seen as they are.</summary>
public sealed class LyingPeerTests
{
    private const string Honest = "CDG50-1";
    private static readonly TimeSpan HonestRoundTrip = TimeSpan.FromMilliseconds(20);
    private static readonly ProbingOptions Options = new() { Node = "LHR50-1", CreateHandler = _ => new HttpClientHandler() };

    private static readonly double[] OddNumbers = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.MaxValue, -double.MaxValue, double.Epsilon, -1, 0, 1e-9, 9.99, 10.01, 1e9];
    private static readonly long[] OddSeconds = [0, 1, -1, 10, 3600, long.MaxValue, long.MinValue, 315_576_000_000, -315_576_000_001];
    private static readonly int[] OddNanos = [0, 1, -1, 999_999_999, 1_000_000_000, int.MaxValue, int.MinValue];

    private enum Act
    {
        Send,
        Answer,
        Jump,
        Expire,
        Mesh,
        Observe,
    }

    [Fact]
    public void Table_AnyStory_StaysWithinBounds() => Prop.ForAll(
        Gen.Choose(int.MinValue, int.MaxValue).ToArbitrary(),
        seed =>
        {
            var random = new Random(seed);
            var table = new PeerTable(Options, new Random(seed));
            var names = Enumerable.Range(0, 5).Select(i => $"LIE5{i}-1").ToArray();
            var sent = new Dictionary<string, ulong>();
            var now = TimeSpan.Zero;
            for (var step = 0; step < 300; step++)
            {
                var name = names[random.Next(names.Length)];
                switch (Pick(random, System.Enum.GetValues<Act>()))
                {
                    case Act.Send:
                        sent[name] = table.Send(name, now, now, random.Next(4) > 0)?.Sequence ?? 0;
                        break;
                    case Act.Answer:
                        table.Answer(name, Lie(random, name, sent.GetValueOrDefault(name), names), now);
                        break;
                    case Act.Jump:
                        now = Pick(random, [now + TimeSpan.FromMilliseconds(random.Next(100)), now - TimeSpan.FromDays(1), now + TimeSpan.FromDays(400), TimeSpan.FromDays(10_000), TimeSpan.FromDays(-10_000)]);
                        break;
                    case Act.Expire:
                        table.Expire(now);
                        break;
                    case Act.Mesh:
                        var size = Pick(random, [0, 3, 5, 1000]);
                        var mesh = Enumerable.Range(0, size).Select(i => new MeshNode($"LIE5{i}-1", new Uri("http://127.0.0.1:1"), random.Next(3) == 0));
                        Assert.InRange(table.Choose(now, mesh).Count, 0, Options.MaxPeers);
                        break;
                    default:
                        table.Refresh(now);
                        CheckTold(table.Observe(now, random.Next(2) == 0));
                        break;
                }
            }

            Assert.All(table.ReadPairs(now), pair => Assert.True(pair.Estimate.RoundTrip is not { } roundTrip || pair.Estimate.Source == EstimateSource.Predicted || RoundTrip.IsPlausible(roundTrip)));
            Assert.True(table.Neighbours.Count <= Options.MaxPeers);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Table_OneOfThreePeersLies_SeesTheHonestAsTheyAre() => Prop.ForAll(
        Gen.Choose(int.MinValue, int.MaxValue).ToArbitrary(),
        seed =>
        {
            var random = new Random(seed);
            var table = new PeerTable(Options, new Random(seed));
            string[] names = [Honest, "FRA50-1", "LIE50-1"];
            var now = TimeSpan.FromMinutes(1);
            table.Choose(now, names.Select(name => new MeshNode(name, new Uri("http://127.0.0.1:1"), IsLost: false)));
            for (var round = 0; round < 30; round++)
            {
                foreach (var name in names)
                {
                    var probe = table.Send(name, now, now, isWarm: true)!;
                    var answer = name == "LIE50-1" ? Lie(random, name, probe.Sequence, names) : new ProbeResponse { Node = name, Sequence = probe.Sequence };
                    table.Answer(name, answer, now + HonestRoundTrip);
                }

                now += Options.Interval;
                table.Expire(now);
            }

            var pairs = table.ReadPairs(now).ToDictionary(pair => pair.Node.Name, pair => pair.Estimate);
            Assert.Equal(HonestRoundTrip, pairs[Honest].RoundTrip);
            Assert.Equal(0, pairs[Honest].LossShare);

            // At most half of the time is believed to have been residence: it looks at most twice as near.
            Assert.True(pairs["LIE50-1"].Source != EstimateSource.Measured || pairs["LIE50-1"].RoundTrip >= HonestRoundTrip / 2);
            Assert.True(CoordinateMessages.TryRead(table.Coordinate?.ToMessage(), out _));
        }).QuickCheckThrowOnFailure();

    private static void CheckTold(LatencyObservations told)
    {
        Assert.InRange(told.Pairs.Count, 0, Options.MaxPeers);
        Assert.True(told.Coordinate is null || CoordinateMessages.TryRead(told.Coordinate, out _));
        Assert.All(told.Pairs, pair => Assert.NotNull(PairMessages.Read(pair.Latency)));
    }

    private static ProbeResponse Lie(Random random, string name, ulong sequence, string[] names)
    {
        var answer = new ProbeResponse
        {
            Node = random.Next(10) == 0 ? "" : name,
            Sequence = random.Next(5) == 0 ? (ulong)random.NextInt64() : sequence,
            Residence = random.Next(5) == 0 ? null : OddDuration(random),
            InFlight = uint.MaxValue,
            ServedMedian = OddDuration(random),
        };
        if (random.Next(4) > 0)
        {
            answer.Coordinate = new LatencyCoordinate { Height = Pick(random, OddNumbers), Adjustment = Pick(random, OddNumbers), Error = Pick(random, OddNumbers) };
            answer.Coordinate.Position.AddRange(Enumerable.Range(0, Pick(random, [0, 7, 8, 8, 8, 9, 1000])).Select(_ => Pick(random, OddNumbers)));
        }

        for (var i = random.Next(40); i > 0; i--)
        {
            answer.Neighbours.Add(new MeshNeighbour { Node = random.Next(2) == 0 ? Pick(random, names) : $"made up {i}", Address = "http://", RoundTrip = OddDuration(random) });
        }

        return answer;
    }

    private static Duration OddDuration(Random random) => new() { Seconds = Pick(random, OddSeconds), Nanos = Pick(random, OddNanos) };

    private static T Pick<T>(Random random, IReadOnlyList<T> from) => from[random.Next(from.Count)];
}

using EdgeMesh.Latency.Coordinates;
using EdgeMesh.Latency.Positions;
using EdgeMesh.Latency.Ranking;
using EdgeMesh.Latency.Search;
using EdgeMesh.Latency.Topology;
using FsCheck;
using FsCheck.Fluent;

namespace EdgeMesh.Latency.Tests.Search;

public sealed class NearestNodeSearchTests
{
    [Fact]
    public async Task Run_FiftyMeshes_FindsTheNearestWithinItsBudget()
    {
        var hits = 0;
        for (var seed = 0; seed < 50; seed++)
        {
            var mesh = new PlaneMesh(64, seed);
            var answer = await SearchAsync(mesh);
            hits += answer.Node!.Name == mesh.Nearest ? 1 : 0;
            Assert.InRange(mesh.Probed.Count, 1, 20);
            Assert.Equal(mesh.Probed.Count, answer.Probes);
        }

        Assert.InRange(hits, 48, 50);
    }

    [Fact]
    public async Task Run_WithItsPosition_NeedsFewProbes()
    {
        var hits = 0;
        for (var seed = 0; seed < 50; seed++)
        {
            var mesh = new PlaneMesh(64, seed);
            var answer = await SearchAsync(mesh, new RankOrigin(Position: mesh.ClientPosition), new SearchOptions { ProbeBudget = 8 });
            hits += answer.Node!.Name == mesh.Nearest ? 1 : 0;
        }

        Assert.InRange(hits, 48, 50);
    }

    [Fact]
    public async Task Run_WithAFalsePosition_FindsItAllTheSame()
    {
        var hits = 0;
        for (var seed = 0; seed < 50; seed++)
        {
            var mesh = new PlaneMesh(64, seed);
            var answer = await SearchAsync(mesh, new RankOrigin(Position: new GeoPosition(10 - mesh.ClientPosition.LatitudeDegrees, 10 - mesh.ClientPosition.LongitudeDegrees)));
            hits += answer.Node!.Name == mesh.Nearest ? 1 : 0;
        }

        Assert.InRange(hits, 45, 50);
    }

    [Fact]
    public async Task Run_FewerNodesThanProbes_ProbesThemAll()
    {
        var mesh = new PlaneMesh(5, 1);
        var answer = await SearchAsync(mesh);

        Assert.Equal(mesh.Nearest, answer.Node!.Name);
        Assert.Equal(1, answer.Confidence, 9);
        Assert.Equal(5, mesh.Probed.Distinct().Count());
        Assert.Equal(4, answer.Next.Count);
    }

    [Fact]
    public async Task Run_TheNearestHeldUpTwice_FindsItAllTheSame()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var asked = 0;
            PlaneMesh? mesh = null;
            mesh = new PlaneMesh(5, seed) { Lie = (node, truth) => $"n{node}" == mesh!.Nearest && ++asked <= 2 ? truth + TimeSpan.FromSeconds(1) : truth };
            var answer = await SearchAsync(mesh);

            Assert.Equal(mesh.Nearest, answer.Node!.Name);
            Assert.InRange(answer.Probes, 15, 20);
        }
    }

    [Fact]
    public async Task Run_OnTheWay_AlwaysHasAnAnswerThatOnlyGetsNearer()
    {
        var answers = new List<NearestAnswer>();
        NearestNodeSearch? search = null;
        var mesh = new PlaneMesh(64, 3)
        {
            Lie = (_, truth) =>
            {
                answers.Add(search!.Current);
                return truth;
            },
        };
        search = new NearestNodeSearch(mesh.Topology, new RankOrigin(), RankRequirements.None, new SearchOptions { Parallelism = 1 }, new Random(1));
        answers.Add(await search.RunAsync(mesh, CancellationToken.None));

        Assert.Same(answers[^1], search.Current);
        Assert.All(answers, answer => Assert.InRange(answer.Confidence, 0, 1));
        Assert.Equal(answers.Select(a => a.RoundTrip ?? TimeSpan.MaxValue).OrderDescending(), answers.Select(a => a.RoundTrip ?? TimeSpan.MaxValue));
        Assert.True(answers[^1].Confidence > 0.8);
    }

    [Fact]
    public async Task Run_SureEnough_StopsEarly()
    {
        var mesh = new PlaneMesh(64, 3);
        var answer = await SearchAsync(mesh, new RankOrigin(Position: mesh.ClientPosition), new SearchOptions { EnoughConfidence = 0.5 });

        Assert.InRange(answer.Probes, 1, 15);
        Assert.InRange(answer.Confidence, 0.5, 1);
    }

    [Fact]
    public async Task Run_Requirements_LeadToNoOther()
    {
        var mesh = new PlaneMesh(20, 2);
        var answer = await SearchAsync(mesh, requirements: new RankRequirements { Kinds = ["region"] });

        Assert.Null(answer.Node);
        Assert.Empty(mesh.Probed);
    }

    [Fact]
    public async Task Run_NobodyAnswers_SaysSoAndEnds()
    {
        var mesh = new PlaneMesh(64, 2) { Lie = (_, _) => null };
        var answer = await SearchAsync(mesh);

        Assert.Equal((null, 0.0, 20), (answer.Node, answer.Confidence, answer.Probes));
    }

    [Fact]
    public async Task Run_HalfOfTheNodesVanished_FindsTheNearestOfTheRest()
    {
        var penalties = new List<double>();
        for (var seed = 0; seed < 30; seed++)
        {
            var mesh = new PlaneMesh(64, seed) { Lie = (node, truth) => node % 2 == 0 ? null : truth };
            var answer = await SearchAsync(mesh);
            Assert.Equal(1, int.Parse(answer.Node!.Name.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture) % 2);
            penalties.Add(mesh.PenaltyOf(answer.Node));
        }

        // The nearest of half as many is about 4 ms farther in this plane.
        Assert.InRange(penalties.Average(), 0, 10);
    }

    [Fact]
    public async Task Run_LyingCoordinates_ChangeNothingThatWasMeasured()
    {
        var hits = 0;
        for (var seed = 0; seed < 30; seed++)
        {
            var mesh = new PlaneMesh(64, seed);
            mesh.Publish(_ => Coordinate.Origin);
            hits += (await SearchAsync(mesh)).Node!.Name == mesh.Nearest ? 1 : 0;
        }

        Assert.InRange(hits, 28, 30);
    }

    [Fact]
    public async Task Run_AThousandNodes_FindsANearOne()
    {
        var mesh = new PlaneMesh(1000, 4);
        var answer = await SearchAsync(mesh, new RankOrigin(Position: mesh.ClientPosition));

        Assert.InRange(mesh.PenaltyOf(answer.Node!), 0, 1.5);
        Assert.InRange(mesh.Probed.Count, 1, 20);
    }

    [Fact]
    public void Run_AnyLies_EndsWithTheLeastPlausibleAnswerAndNeverThrows()
    {
        var lies = Gen.Elements<TimeSpan?>(
            null, TimeSpan.MinValue, TimeSpan.FromMilliseconds(-1), TimeSpan.Zero, TimeSpan.FromTicks(1), TimeSpan.FromMilliseconds(3), TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(11), TimeSpan.MaxValue);
        var cases = Gen.Zip(Gen.Choose(0, 9), lies.ListOf());
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60), Prop.ForAll(cases.ToArbitrary(), drawn =>
        {
            var (seed, list) = drawn;
            var given = new List<TimeSpan>();
            var next = 0;
            var mesh = new PlaneMesh(40, seed)
            {
                Lie = (_, truth) =>
                {
                    var said = next < list.Count ? list[next++] : truth;
                    if (said is { } time && RoundTrip.IsPlausible(time))
                    {
                        given.Add(time);
                    }

                    return said;
                },
            };
            var answer = SearchAsync(mesh).GetAwaiter().GetResult();

            Assert.InRange(answer.Probes, 1, 20);
            Assert.InRange(answer.Confidence, 0, 1);
            Assert.Equal(given.Count == 0 ? null : given.Min(), answer.RoundTrip);
        }));
    }

    [Fact]
    public async Task Run_ANodeThatLiesItselfNear_CostsNoMoreThanItself()
    {
        // n0 claims 1 ms wherever the client is: it is chosen, for nobody can know better; the next best is still the nearest of the honest.
        for (var seed = 0; seed < 10; seed++)
        {
            var mesh = new PlaneMesh(64, seed) { Lie = (node, truth) => node == 0 ? TimeSpan.FromMilliseconds(1) : truth };
            var answer = await SearchAsync(mesh);
            var honest = answer.Node!.Name == "n0" ? answer.Next[0].Node : answer.Node;

            Assert.InRange(mesh.PenaltyOf(honest), 0, 12);
        }
    }

    [Fact]
    public async Task Run_Cancelled_KeepsTheAnswerSoFar()
    {
        using var cancel = new CancellationTokenSource();
        var probes = 0;
        var mesh = new PlaneMesh(64, 3)
        {
            Lie = (_, truth) =>
            {
                if (++probes == 10)
                {
                    cancel.Cancel();
                }

                return truth;
            },
        };
        var search = new NearestNodeSearch(mesh.Topology, new RankOrigin(), RankRequirements.None, new SearchOptions { Parallelism = 1 }, new Random(1));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => search.RunAsync(mesh, cancel.Token));
        Assert.Equal(10, search.Current.Probes);
        Assert.NotNull(search.Current.Node);
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(20, 0, 1)]
    [InlineData(20, 1, 1.1)]
    [InlineData(20, 1, double.NaN)]
    public void New_OptionsOutOfRange_AreRefused(int budget, int parallelism, double confidence) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new NearestNodeSearch(
            new LatencyTopology([], LatencyMatrix.Empty),
            new RankOrigin(),
            RankRequirements.None,
            new SearchOptions { ProbeBudget = budget, Parallelism = parallelism, EnoughConfidence = confidence },
            new Random(1)));

    private static Task<NearestAnswer> SearchAsync(PlaneMesh mesh, RankOrigin? origin = null, SearchOptions? options = null, RankRequirements? requirements = null) =>
        new NearestNodeSearch(mesh.Topology, origin ?? new RankOrigin(), requirements ?? RankRequirements.None, options ?? new SearchOptions(), new Random(1))
            .RunAsync(mesh, CancellationToken.None);
}

using EdgeMesh.Lab.LatencySimulation;
using EdgeMesh.Latency.Positions;

namespace EdgeMesh.Lab.Tests.LatencySimulation;

/// <summary>Ceilings on error, on real and made matrices: figures far from them are in docs/performance.md.</summary>
public sealed class LatencySimulatorTests
{
    // Half of the default: two thirds of what there is to learn is learnt by then.
    private static readonly TimeSpan Learning = TimeSpan.FromMinutes(3);

    [Fact]
    public void Run_PlanetLab_FindsTheNearestWithTwentyProbes()
    {
        var report = LatencySimulator.Run(new() { Matrix = SampleMatrices.PlanetLab, LearnFor = Learning });

        Assert.InRange(report.CoordinateMedianError, 0.01, 0.13);
        Assert.InRange(report.CoordinateP90Error, 0.01, 0.5);
        Assert.InRange(report.TrueNearest, 0.89, 1);
        Assert.InRange(report.Within5Milliseconds, 0.94, 1);
        Assert.InRange(report.MeanPenaltyMilliseconds, 0, 2);
        Assert.InRange(report.ProbesMean, 1, 20);
        Assert.InRange(report.TrueNearest, report.CoordinatesAloneTrueNearest + 0.1, 1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Run_AMadeMatrix_FindsTheNearestToo(int seed)
    {
        var report = LatencySimulator.Run(new() { Matrix = SampleMatrices.Clustered(120, seed), Nodes = 48, LearnFor = Learning, Seed = seed });

        Assert.InRange(report.TrueNearest, 0.85, 1);
        Assert.InRange(report.MeanPenaltyMilliseconds, 0, 1);
    }

    [Fact]
    public void Run_AwsRegionsWithPositions_NeedsHalfOfTheProbes()
    {
        var positions = PositionsReader.Read(SampleMatrices.PathOf("aws-region-positions.json"), SampleMatrices.AwsRegions.Names);
        var options = new LatencySimulationOptions { Matrix = SampleMatrices.AwsRegions, Positions = positions, Nodes = 16, ProbeBudget = 8, LearnFor = Learning };
        var reports = Enumerable.Range(1, 5).Select(seed => LatencySimulator.Run(options with { Seed = seed })).ToList();

        Assert.All(reports, report => Assert.InRange(report.ProbesMean, 1, 8));
        Assert.InRange(reports.Average(report => report.TrueNearest), 0.93, 1);
        Assert.InRange(reports.Average(report => report.GeographyAloneTrueNearest!.Value), 0.5, 0.92);
    }

    [Fact]
    public void Run_EveryClientMislocated_StillFindsMost()
    {
        var positions = PositionsReader.Read(SampleMatrices.PathOf("aws-region-positions.json"), SampleMatrices.AwsRegions.Names);
        var report = LatencySimulator.Run(new() { Matrix = SampleMatrices.AwsRegions, Positions = positions, Nodes = 16, ProbeBudget = 12, Mislocated = 1, LearnFor = Learning });

        Assert.InRange(report.GeographyAloneTrueNearest!.Value, 0, 0.4);
        Assert.InRange(report.TrueNearest, 0.85, 1);
    }

    [Fact]
    public void Run_TheSameSeed_IsTheSameReport()
    {
        var options = new LatencySimulationOptions { Matrix = SampleMatrices.AwsRegions, Nodes = 12, LearnFor = TimeSpan.FromMinutes(1), Seed = 5 };

        Assert.Equal(LatencySimulator.Run(options), LatencySimulator.Run(options));
        Assert.NotEqual(LatencySimulator.Run(options), LatencySimulator.Run(options with { Seed = 6 }));
    }

    [Fact]
    public void Run_ATenthOfProbesLost_CostsLittle()
    {
        var report = LatencySimulator.Run(new() { Matrix = SampleMatrices.AwsRegions, Nodes = 16, Loss = 0.1, LearnFor = Learning });

        Assert.InRange(report.TrueNearest, 0.8, 1);
        Assert.InRange(report.ProbesMean, 1, 20);
    }

    [Fact]
    public void Run_EveryProbeLost_EndsWithoutAnswers()
    {
        var report = LatencySimulator.Run(new() { Matrix = SampleMatrices.AwsRegions, Nodes = 12, Loss = 1, LearnFor = TimeSpan.FromMinutes(1) });

        Assert.Equal((0.0, 0.0), (report.ConfidenceMean, report.TrueNearest));
    }

    [Fact]
    public void Run_AJudgeOfAnotherTime_JudgesByIt()
    {
        var names = Enumerable.Range(0, 6).Select(i => $"r{i}").ToList();
        var honest = SampleMatrices.Clustered(6, 3);
        var reversed = new RttMatrix(names, [.. names.Select((_, i) => names.Select((_, j) => i == j ? 0 : 1000 - honest[i, j]).ToArray())]);

        var report = LatencySimulator.Run(new() { Matrix = honest, Judge = reversed, Nodes = 5, LearnFor = TimeSpan.FromMinutes(1) });

        Assert.Equal(0, report.TrueNearest);
        Assert.True(report.MeanPenaltyMilliseconds > 0);
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Run_WrongOptions_AreNamed(LatencySimulationOptions options, string said) =>
        Assert.StartsWith(said, Assert.Throws<RttMatrixException>(() => LatencySimulator.Run(options)).Message, StringComparison.Ordinal);

    public static TheoryData<LatencySimulationOptions, string> Wrong()
    {
        var right = new LatencySimulationOptions { Matrix = SampleMatrices.AwsRegions, Nodes = 12 };
        return new()
        {
            { right with { Nodes = 64 }, "--nodes is 64, want 2 to 31 of 32 rows" },
            { right with { Nodes = 1 }, "--nodes is 1" },
            { right with { Judge = SampleMatrices.PlanetLab }, "--judge has 120 rows" },
            { right with { Mislocated = 0.1 }, "--mislocated is 0.1, want 0 without --positions" },
            { right with { Mislocated = double.NaN, Positions = new GeoPosition?[32] }, "--mislocated is NaN" },
            { right with { Positions = new GeoPosition?[3] }, "there are 3 positions" },
            { right with { ProbeBudget = 0 }, "--probe-budget is 0" },
            { right with { Neighbours = 0 }, "--neighbours is 0" },
            { right with { Jitter = -1 }, "--jitter is -1" },
            { right with { Loss = 2 }, "--loss is 2" },
        };
    }
}

using EdgeMesh.Lab.RoutingSimulation;

namespace EdgeMesh.Lab.Tests.RoutingSimulation;

/// <summary>The client that ships, in virtual time. Seeded: a figure that moves was moved by a change. Each scenario's ceilings are the aims of the routing client, unless said otherwise.</summary>
public sealed class RoutingSimulatorTests
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(5);

    [Fact]
    public void Run_NearestNodeKilled_NoCallFailsAndNoneWaitsLong()
    {
        var report = Run(new() { Scenario = RoutingScenario.Kill, Duration = Short });

        Assert.Equal(0, report.FailedCalls);
        Assert.InRange(report.P99After, report.P50, TimeSpan.FromMilliseconds(250 + 9));
        Assert.InRange(report.EjectedAfter!.Value, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Run_NearestNodeHangs_NoCallFailsAndItIsGivenUp()
    {
        var report = Run(new() { Scenario = RoutingScenario.BlackHole, Duration = Short });

        Assert.Equal(0, report.FailedCalls);

        // Three probes a fifth of a second apart, of which the first may begin that late, and the last one's limit, a quarter of a second and three round trips.
        Assert.InRange(report.EjectedAfter!.Value, TimeSpan.FromMilliseconds(400), TimeSpan.FromMilliseconds(900));
    }

    [Fact]
    public void Run_Stragglers_HedgingCutsTheTailWithinItsBudget()
    {
        var report = Run(new() { Scenario = RoutingScenario.Stragglers });

        Assert.Equal(0, report.FailedCalls);
        Assert.InRange(report.LoadFactor, 1.0, 1.05);

        // The next node is 6 ms farther, so that not even an ideal hedge comes to the aim of 0.8 here.
        Assert.InRange(report.P99Cut!.Value, 0.7, 1.0);
    }

    [Fact]
    public void Run_EverythingIsSlow_NextToNothingIsAdded()
    {
        var report = Run(new() { Scenario = RoutingScenario.Overload });

        Assert.Equal(0, report.FailedCalls);
        Assert.InRange(report.LoadFactor, 1.0, 1.03);
    }

    [Fact]
    public void Run_HerdAtANodeThatServesHalfAndSaysSo_NoNodeDrownsAndHomesStay()
    {
        var report = Run(new() { Scenario = RoutingScenario.Herd, Clients = 100, Duration = TimeSpan.FromSeconds(30), IsCapacityTold = true });

        Assert.Equal(0, report.FailedCalls);
        Assert.InRange(report.PeakLoad!.Value, 0.5, 1.2);
        Assert.InRange(report.HomeMovesPerClientMinute, 0, 1);
    }

    [Fact]
    public void Run_HerdAtANodeThatDoesNotSayWhatItServes_TheSharesSettleAndHomesStay()
    {
        var report = Run(new() { Scenario = RoutingScenario.Herd, Clients = 100, Duration = Short });

        // Chance alone makes a second of 200 calls one of 240 now and then.
        Assert.Equal(0, report.FailedCalls);
        Assert.InRange(report.PeakLoad!.Value, 0.5, 1.25);
        Assert.InRange(report.HomeMovesPerClientMinute, 0, 0.5);
        Assert.InRange(report.P50, TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public void Run_StragglersInOnePlace_HedgingCutsFourFifths()
    {
        var report = Run(new() { Scenario = RoutingScenario.Stragglers, Clients = 25, Duration = TimeSpan.FromMinutes(1), RoundTripStep = TimeSpan.Zero });

        Assert.InRange(report.LoadFactor, 1.0, 1.05);
        Assert.InRange(report.P99Cut!.Value, 0.8, 1.0);
    }

    [Fact]
    public void Run_AllNodesFartherThanAProbesLimit_TheNearestIsFoundAndKept()
    {
        var report = Run(new() { Scenario = RoutingScenario.Overload, Clients = 5, Duration = Short, NearestRoundTrip = TimeSpan.FromMilliseconds(400), RoundTripStep = TimeSpan.FromMilliseconds(60) });

        Assert.Equal(0, report.FailedCalls);
        Assert.InRange(report.P50, TimeSpan.FromMilliseconds(400), TimeSpan.FromMilliseconds(440));
    }

    [Fact]
    public void Run_SameSeed_SameReport()
    {
        var options = new RoutingSimulationOptions { Scenario = RoutingScenario.BlackHole, Clients = 10, Duration = Short, Seed = 3 };

        Assert.Equal(Run(options), Run(options));
        Assert.NotEqual(Run(options), Run(options with { Seed = 4 }));
    }

    [Fact]
    public void Run_OutOfRange_NamesTheOption()
    {
        var fault = Assert.Throws<ArgumentException>(() => Run(new() { Scenario = RoutingScenario.Kill, Nodes = 17 }));

        Assert.Equal("--nodes must be 2 to 16; is 17", fault.Message);
    }

    private static RoutingSimulationReport Run(RoutingSimulationOptions options) => RoutingSimulator.Run(options, CancellationToken.None);
}

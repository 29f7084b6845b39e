namespace EdgeMesh.Lab.RoutingSimulation;

/// <summary>What to simulate. Times of nodes and of load are the scenario's.</summary>
public sealed record RoutingSimulationOptions
{
    /// <summary>What happens.</summary>
    public required RoutingScenario Scenario { get; init; }

    /// <summary>How many clients, 1 to 10,000; null: 1,000 in a herd, 50 otherwise.</summary>
    public int? Clients { get; init; }

    /// <summary>How many nodes, 2 to 16. Default 5.</summary>
    public int Nodes { get; init; } = 5;

    /// <summary>The round trip to the nearest node, above zero, up to 1 s; each client is up to 1 ms farther. Default 2 ms.</summary>
    public TimeSpan NearestRoundTrip { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>How much farther each node is than the one before, 0 to 1 s. Default 6 ms: the next city. Of replicas in one place: 0.</summary>
    public TimeSpan RoundTripStep { get; init; } = TimeSpan.FromMilliseconds(6);

    /// <summary>How long clients call after the event, virtual time, 5 s to an hour; null: 30 s, in a herd 2 minutes.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Whether nodes tell how many calls they serve at once. Nodes as they are do not know it.</summary>
    public bool IsCapacityTold { get; init; }

    /// <summary>Of all randomness. Default 1.</summary>
    public int Seed { get; init; } = 1;

    internal int EffectiveClients => Clients ?? (Scenario == RoutingScenario.Herd ? 1000 : 50);

    internal TimeSpan EffectiveDuration => Duration ?? TimeSpan.FromSeconds(Scenario == RoutingScenario.Herd ? 120 : 30);

    /// <summary>Throws unless all are in range.</summary>
    /// <exception cref="ArgumentException">Names the option, its limit and its value.</exception>
    public void Validate()
    {
        Require(EffectiveClients is >= 1 and <= 10_000, $"--clients must be 1 to 10000; is {EffectiveClients}");
        Require(Nodes is >= 2 and <= 16, $"--nodes must be 2 to 16; is {Nodes}");
        Require(NearestRoundTrip > TimeSpan.Zero && NearestRoundTrip <= TimeSpan.FromSeconds(1), $"--rtt must be above 0 and up to 1s; is {NearestRoundTrip}");
        Require(RoundTripStep >= TimeSpan.Zero && RoundTripStep <= TimeSpan.FromSeconds(1), $"--step must be 0 to 1s; is {RoundTripStep}");
        Require(EffectiveDuration >= TimeSpan.FromSeconds(5) && EffectiveDuration <= TimeSpan.FromHours(1), $"--duration must be 5s to 1h; is {EffectiveDuration}");

        static void Require(bool isRight, string fault)
        {
            if (!isRight)
            {
                throw new ArgumentException(fault);
            }
        }
    }
}

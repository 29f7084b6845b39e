using EdgeMesh.Latency.Positions;

namespace EdgeMesh.Lab.LatencySimulation;

/// <summary>What to simulate.</summary>
public sealed record LatencySimulationOptions
{
    /// <summary>What probes measure.</summary>
    public required RttMatrix Matrix { get; init; }

    /// <summary>What the answers are judged by: the same places at another time. Null for <see cref="Matrix"/>.</summary>
    public RttMatrix? Judge { get; init; }

    /// <summary>Where the rows are, null where unknown; null for no positions at all. Nodes publish theirs, clients take theirs as a hint.</summary>
    public IReadOnlyList<GeoPosition?>? Positions { get; init; }

    /// <summary>Rows, drawn at random, that are nodes; the others are clients. 2 to one less than there are rows. Default 64.</summary>
    public int Nodes { get; init; } = 64;

    /// <summary>Share of clients that are told the position of another row, 0 to 1. Default 0.</summary>
    public double Mislocated { get; init; }

    /// <summary>The most that each row probes while coordinates are learnt, at least 1. Default 32.</summary>
    public int Neighbours { get; init; } = 32;

    /// <summary>Probes that a client may send, at least 1. Default 20.</summary>
    public int ProbeBudget { get; init; } = 20;

    /// <summary>Mean of the exponential jitter as a share of the round trip, 0 to 1. Default 0.01.</summary>
    public double Jitter { get; init; } = 0.01;

    /// <summary>Share of probes lost, 0 to 1. Default 0.</summary>
    public double Loss { get; init; }

    /// <summary>Virtual time that nodes probe each other before clients come. Default 10 minutes.</summary>
    public TimeSpan LearnFor { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Of all randomness. Default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Throws unless all are in range and fit together.</summary>
    /// <exception cref="RttMatrixException">Names the option, its limit and its value.</exception>
    public void Validate()
    {
        if (Nodes < 2 || Nodes >= Matrix.Count)
        {
            throw new RttMatrixException($"--nodes is {Nodes}, want 2 to {Matrix.Count - 1} of {Matrix.Count} rows: at least one must be a client");
        }

        if (Judge is not null && !Judge.Names.SequenceEqual(Matrix.Names))
        {
            throw new RttMatrixException($"--judge has {Judge.Count} rows named '{Judge.Names[0]}', ..., want the {Matrix.Count} of --matrix, '{Matrix.Names[0]}', ..., in their order");
        }

        if (Positions is not null && Positions.Count != Matrix.Count)
        {
            throw new RttMatrixException($"there are {Positions.Count} positions, want one a row: {Matrix.Count}");
        }

        Require(Neighbours >= 1, "--neighbours", Neighbours, "at least 1");
        Require(ProbeBudget >= 1, "--probe-budget", ProbeBudget, "at least 1");
        Require(Mislocated is >= 0 and <= 1, "--mislocated", Mislocated, "a share from 0 to 1");
        Require(Jitter is >= 0 and <= 1, "--jitter", Jitter, "a share from 0 to 1");
        Require(Loss is >= 0 and <= 1, "--loss", Loss, "a share from 0 to 1");
        Require(Mislocated == 0 || Positions is not null, "--mislocated", Mislocated, "0 without --positions");
    }

    private static void Require(bool valid, string option, double value, string want)
    {
        if (!valid)
        {
            throw new RttMatrixException($"{option} is {value}, want {want}");
        }
    }
}

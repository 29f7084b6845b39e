namespace EdgeMesh.Lab.LatencySimulation;

/// <summary>How well coordinates foretold, and clients found the nearest node. Shares are 0 to 1.</summary>
/// <param name="CoordinateMedianError">Median over all pairs of rows of |predicted - true| / true, each row probing its neighbours only.</param>
/// <param name="CoordinateP90Error">Its 90th percentile.</param>
/// <param name="TrueNearest">Share of clients that were led to a node than which none is nearer.</param>
/// <param name="Within5Milliseconds">Share led to one at most 5 ms farther.</param>
/// <param name="MeanPenaltyMilliseconds">Mean of what the chosen node is farther than the nearest.</param>
/// <param name="P99PenaltyMilliseconds">Its 99th percentile.</param>
/// <param name="ProbesMean">Probes a client sent.</param>
/// <param name="ConfidenceMean">Mean of the confidence that the searches gave: honest if close to <paramref name="TrueNearest"/>.</param>
/// <param name="SearchMeanMilliseconds">Mean virtual time of a search.</param>
/// <param name="FullProbingTrueNearest">The share if every client probed every node once.</param>
/// <param name="CoordinatesAloneTrueNearest">The share if the nearest by coordinates were taken.</param>
/// <param name="GeographyAloneTrueNearest">The share if the nearest by (told) position were taken; null without positions.</param>
/// <param name="Clients">How many there were.</param>
/// <param name="Nodes">How many there were.</param>
/// <param name="Seed">Of this run.</param>
public sealed record LatencySimulationReport(
    double CoordinateMedianError,
    double CoordinateP90Error,
    double TrueNearest,
    double Within5Milliseconds,
    double MeanPenaltyMilliseconds,
    double P99PenaltyMilliseconds,
    double ProbesMean,
    double ConfidenceMean,
    double SearchMeanMilliseconds,
    double FullProbingTrueNearest,
    double CoordinatesAloneTrueNearest,
    double? GeographyAloneTrueNearest,
    int Clients,
    int Nodes,
    int Seed);

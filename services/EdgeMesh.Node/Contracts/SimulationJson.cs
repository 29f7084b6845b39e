using System.ComponentModel;
using System.Text.Json.Serialization;
using EdgeMesh.Lab.LatencySimulation;

namespace EdgeMesh.Node.Contracts;

/// <summary>The JSON of <c>lab simulate</c>.</summary>
internal sealed record SimulationJson(
    [property: JsonPropertyName("coordinate_median_error"), Description("Median over all pairs of rows of |predicted - true| / true, each row probing only its neighbours.")] double CoordinateMedianError,
    [property: JsonPropertyName("coordinate_p90_error"), Description("Its 90th percentile.")] double CoordinateP90Error,
    [property: JsonPropertyName("true_nearest"), Description("Share of clients, 0 to 1, that were led to a node than which none is nearer.")] double TrueNearest,
    [property: JsonPropertyName("within_5ms"), Description("Share of clients led to a node at most 5 ms farther than the nearest.")] double Within5Milliseconds,
    [property: JsonPropertyName("mean_penalty_ms"), Description("Mean of what the chosen node's round trip is longer than the nearest one's, milliseconds.")] double MeanPenaltyMilliseconds,
    [property: JsonPropertyName("p99_penalty_ms"), Description("Its 99th percentile.")] double P99PenaltyMilliseconds,
    [property: JsonPropertyName("probes_mean"), Description("Probes that a client sent, repeated and lost ones too.")] double ProbesMean,
    [property: JsonPropertyName("confidence_mean"), Description("Mean of the confidence that the searches gave; honest if close to true_nearest.")] double ConfidenceMean,
    [property: JsonPropertyName("search_mean_ms"), Description("Mean virtual time of a search, milliseconds.")] double SearchMeanMilliseconds,
    [property: JsonPropertyName("full_probing_true_nearest"), Description("What true_nearest would be if every client probed every node once.")] double FullProbingTrueNearest,
    [property: JsonPropertyName("coordinates_alone_true_nearest"), Description("What true_nearest would be if clients took the nearest node by coordinates.")] double CoordinatesAloneTrueNearest,
    [property: JsonPropertyName("geography_alone_true_nearest"), Description("What true_nearest would be if clients took the nearest node by the position that they were told; null without positions.")] double? GeographyAloneTrueNearest,
    [property: JsonPropertyName("clients"), Description("Rows that were clients.")] int Clients,
    [property: JsonPropertyName("nodes"), Description("Rows that were nodes.")] int Nodes,
    [property: JsonPropertyName("seed"), Description("The seed, of several runs the first one's.")] int Seed,
    [property: JsonPropertyName("runs"), Description("Of several runs each one; the fields above are then medians. Empty for one run.")] IReadOnlyList<SimulationJson> Runs)
{
    /// <summary>One run.</summary>
    public static SimulationJson Of(LatencySimulationReport report) => new(
        report.CoordinateMedianError,
        report.CoordinateP90Error,
        report.TrueNearest,
        report.Within5Milliseconds,
        report.MeanPenaltyMilliseconds,
        report.P99PenaltyMilliseconds,
        report.ProbesMean,
        report.ConfidenceMean,
        report.SearchMeanMilliseconds,
        report.FullProbingTrueNearest,
        report.CoordinatesAloneTrueNearest,
        report.GeographyAloneTrueNearest,
        report.Clients,
        report.Nodes,
        report.Seed,
        []);
}

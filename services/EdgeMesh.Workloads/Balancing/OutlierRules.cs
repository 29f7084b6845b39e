using System.Net.Http.Headers;
using EdgeMesh.Wire;

namespace EdgeMesh.Workloads.Balancing;

/// <summary>Which outcomes count against a replica, and for how long it is taken out for them. Stateless.</summary>
/// <remarks>
/// As Envoy's consecutive gateway failures. Statuses other than UNAVAILABLE are the service's word on a call, which any replica would give; DEADLINE_EXCEEDED is the caller's clock, and a replica that
/// hangs is found by its probes.
/// </remarks>
internal static class OutlierRules
{
    // Longer than that, and a replica that is well again is missed for no reason.
    private const int MostTimes = 10;

    /// <summary>The status of headers or trailers; null: there is none.</summary>
    public static int? ReadStatus(HttpResponseHeaders fields) =>
        fields.NonValidated.TryGetValues(HeaderNames.GrpcStatus, out var values) && int.TryParse(values.ToString(), out var status) ? status : null;

    /// <summary>Whether an answer that has ended says that its replica cannot serve.</summary>
    public static bool IsFailure(HttpResponseMessage response) => (ReadStatus(response.Headers) ?? ReadStatus(response.TrailingHeaders)) == (int)GrpcStatusCode.Unavailable;

    /// <summary>How long an ejection lasts.</summary>
    /// <param name="first">The first one.</param>
    /// <param name="ejections">How many there were, this one included.</param>
    public static TimeSpan DurationOf(TimeSpan first, int ejections) => first * Math.Clamp(ejections, 1, MostTimes);
}

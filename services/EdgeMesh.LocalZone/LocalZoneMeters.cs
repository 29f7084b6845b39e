using System.Diagnostics.Metrics;

namespace EdgeMesh.LocalZone;

/// <summary>The instruments of what only a Local Zone knows. docs/metrics.md lists them.</summary>
internal static class LocalZoneMeters
{
    /// <summary>The meter's name.</summary>
    public const string Name = "EdgeMesh.LocalZone";

    /// <summary>Makes the instruments; the factory owns them.</summary>
    public static void Create(IMeterFactory factory, Placement placement) =>
        factory.Create(Name).CreateObservableGauge("edgemesh.zone.enabled", () => placement.IsEnabled ? 1L : 0, unit: null, "1: the zone's group is opted into, and calls to services placed here are answered here; 0: every call is passed on.");
}

namespace EdgeMesh.Client.Picking;

/// <summary>What a pick makes of a candidate.</summary>
public enum PickVerdict
{
    /// <summary>The home, and well: calls go there.</summary>
    Home,

    /// <summary>As near as the best of those that take calls: drawn at random, unless the home takes them.</summary>
    WithinBand,

    /// <summary>Well, but further than that.</summary>
    BeyondBand,

    /// <summary>Hot: as much runs there as it can serve at once.</summary>
    OverCapacity,

    /// <summary>Its answers take longer than they should: a share of its calls goes elsewhere.</summary>
    Queueing,

    /// <summary>It takes no new callers.</summary>
    Draining,

    /// <summary>Probes or calls failed so that it is given none.</summary>
    Ejected,
}

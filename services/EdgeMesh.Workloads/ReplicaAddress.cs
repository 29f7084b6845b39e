namespace EdgeMesh.Workloads;

/// <summary>Where a replica is that another runs.</summary>
/// <param name="Address">Scheme, host and port.</param>
/// <param name="Weight">Its share of the calls beside others': <see cref="MinWeight"/> to <see cref="MaxWeight"/>. Default 1.</param>
/// <param name="Zone">Its Availability Zone; null: the node's own.</param>
public sealed record ReplicaAddress(Uri Address, double Weight = 1, string? Zone = null)
{
    /// <summary>Least weight.</summary>
    public const double MinWeight = 0.01;

    /// <summary>Largest weight.</summary>
    public const double MaxWeight = 100;
}

using System.Collections.Frozen;

namespace EdgeMesh.Admin.Access;

/// <summary>The one table of who may ask what: gRPC method or HTTP path, and the least role. Every endpoint of an admin listener has its line here, or the node does not start.</summary>
/// <remarks>Immutable; thread-safe.</remarks>
public static class AccessRules
{
    /// <summary>What is asked of a caller of something that is not in the table, before he is told that it is not there.</summary>
    public const Role Unknown = Role.Reader;

    private static readonly string[] ControlServices = ["/edgemesh.v1.AdminService/", "/edgemesh.v1.InvalidationService/", "/edgemesh.v1.LatencyService/", "/edgemesh.v1.MeshService/", "/edgemesh.v1.PolicyService/", "/edgemesh.v1.RouteService/", "/edgemesh.v1.TopologyService/", "/edgemesh.v1.WorkloadService/", "/edgemesh.v1.ZoneService/"];

    // Null: open to all, credentials or not.
    private static readonly FrozenDictionary<string, Role?> Rules = new Dictionary<string, Role?>
    {
        ["/healthz"] = null,
        ["/readyz"] = null,
        ["/metrics"] = Role.Reader,
        ["/config"] = Role.Reader,
        ["/reload"] = Role.Admin,
        ["/drain"] = Role.Admin,
        ["/grpc.health.v1.Health/Check"] = null,
        ["/grpc.health.v1.Health/Watch"] = null,
        ["/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"] = Role.Reader,
        ["/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"] = Role.Reader,
        ["/edgemesh.v1.TopologyService/Join"] = Role.Edge,
        ["/edgemesh.v1.TopologyService/ListNodes"] = Role.Reader,
        ["/edgemesh.v1.LatencyService/Probe"] = null,
        ["/edgemesh.v1.LatencyService/ProbeStream"] = null,
        ["/edgemesh.v1.LatencyService/Rank"] = null,
        ["/edgemesh.v1.LatencyService/ReportLatency"] = null,
        ["/edgemesh.v1.LatencyService/GetMatrix"] = Role.Reader,
        ["/edgemesh.v1.LatencyService/WatchMatrix"] = Role.Reader,
        ["/edgemesh.v1.LatencyService/ListLatencyObjectives"] = Role.Reader,
        ["/edgemesh.v1.MeshService/WatchMesh"] = null,
        ["/edgemesh.v1.RouteService/ExplainRoute"] = Role.Reader,
        ["/edgemesh.v1.InvalidationService/Invalidate"] = Role.Admin,
        ["/edgemesh.v1.InvalidationService/WatchInvalidation"] = Role.Reader,
        ["/edgemesh.v1.InvalidationService/ListInvalidations"] = Role.Reader,
        ["/edgemesh.v1.PolicyService/GetPolicy"] = Role.Reader,
        ["/edgemesh.v1.PolicyService/ApplyPolicy"] = Role.Admin,
        ["/edgemesh.v1.PolicyService/ListPolicyVersions"] = Role.Reader,
        ["/edgemesh.v1.PolicyService/ExplainPolicy"] = Role.Reader,
        ["/edgemesh.v1.WorkloadService/ListWorkloads"] = Role.Reader,
        ["/edgemesh.v1.WorkloadService/ReadWorkloadLog"] = Role.Reader,
        ["/edgemesh.v1.WorkloadService/RunWorkload"] = Role.Admin,
        ["/edgemesh.v1.WorkloadService/ScaleWorkload"] = Role.Admin,
        ["/edgemesh.v1.WorkloadService/ReplaceWorkload"] = Role.Admin,
        ["/edgemesh.v1.WorkloadService/DrainWorkload"] = Role.Admin,
        ["/edgemesh.v1.WorkloadService/StopWorkload"] = Role.Admin,
        ["/edgemesh.v1.ZoneService/ListZoneGroups"] = Role.Reader,
        ["/edgemesh.v1.ZoneService/SetZoneGroup"] = Role.Admin,
        ["/edgemesh.v1.AdminService/GetConfig"] = Role.Reader,
        ["/edgemesh.v1.AdminService/Reload"] = Role.Admin,
        ["/edgemesh.v1.AdminService/Drain"] = Role.Admin,
        ["/edgemesh.v1.AdminService/Backup"] = Role.Admin,
        ["/edgemesh.v1.AdminService/CreateToken"] = Role.Admin,
        ["/edgemesh.v1.AdminService/ListTokens"] = Role.Admin,
        ["/edgemesh.v1.AdminService/RevokeToken"] = Role.Admin,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The paths of all lines: gRPC methods, and HTTP paths, which have one segment.</summary>
    public static IReadOnlyList<string> Paths => Rules.Keys;

    /// <summary>Finds the line of an endpoint.</summary>
    /// <param name="path">The endpoint's own path, not the caller's spelling of it.</param>
    /// <param name="least">The least role; null: open to all.</param>
    /// <returns>False: not in the table.</returns>
    public static bool TryFind(string path, out Role? least) => Rules.TryGetValue(path, out least);

    /// <summary>Whether a path, however it is spelt, could be that of a control method: one of a control service that is not open to all.</summary>
    public static bool IsControl(string path)
    {
        if (TryFind(path, out var least) && least is null)
        {
            return false;
        }

        var name = path.AsSpan().TrimStart('/');
        foreach (var service in ControlServices)
        {
            if (name.StartsWith(service.AsSpan(1, service.Length - 2), StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}

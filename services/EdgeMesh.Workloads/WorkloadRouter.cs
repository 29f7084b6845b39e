using EdgeMesh.Relay;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.Wire;

namespace EdgeMesh.Workloads;

/// <summary>Sends calls to the workloads of the node, and everything else, and what no replica is well for, where another router says.</summary>
/// <remarks>
/// In a Local Zone the other one leads to the parent: a workload whose local replicas are gone is served by the parent's, and the next call after one is well again stays here. In a Region it leads to
/// origins; where that has nothing for the path either, the call is UNAVAILABLE and told why each replica is unwell. Thread-safe.
/// </remarks>
public sealed class WorkloadRouter : IUpstreamRouter
{
    private readonly WorkloadTable _table;
    private readonly IUpstreamRouter _otherwise;

    /// <summary>Makes the router; the table's workloads fall back to <paramref name="otherwise"/> from now on.</summary>
    public WorkloadRouter(WorkloadTable table, IUpstreamRouter otherwise)
    {
        (_table, _otherwise) = (table, otherwise);
        table.Otherwise = otherwise;
    }

    /// <inheritdoc/>
    public IEnumerable<Upstream> Upstreams => _table.All.Select(workload => workload.Upstream).Concat(_otherwise.Upstreams);

    /// <inheritdoc/>
    public RelayRoute Route(string path)
    {
        if (_table.Find(path) is not { } workload)
        {
            return _otherwise.Route(path);
        }

        if (workload.IsServing)
        {
            return RelayRoute.To(workload.Upstream);
        }

        var other = _otherwise.Route(path);
        if (other.Upstream is null)
        {
            return RelayRoute.Refuse(GrpcStatusCode.Unavailable, workload.DescribeUnwell());
        }

        workload.CountFallback();
        return other;
    }
}

using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;
using Grpc.Core;

namespace EdgeMesh.Node.Targets;

/// <summary>Asks a Region for the nodes of its mesh.</summary>
internal static class NodeListing
{
    /// <summary>The Region first, then by kind and name, with what each last reported.</summary>
    /// <exception cref="TargetException">The call failed.</exception>
    /// <exception cref="CliException">The node is not a Region.</exception>
    public static async Task<IReadOnlyList<NodeInfo>> FetchAsync(TargetConnection connection, CancellationToken cancellationToken)
    {
        var client = new TopologyService.TopologyServiceClient(connection.Channel);
        try
        {
            var (response, _) = await connection.CallAsync(options => client.ListNodesAsync(new ListNodesRequest(), options), cancellationToken);
            return response.Nodes;
        }
        catch (TargetException exception) when (exception.Status is StatusCode.Unimplemented)
        {
            throw new CliException($"{TargetAddress.Show(connection.Target)} is not a Region's admin listener: only a Region knows the nodes of its mesh.", inner: exception);
        }
    }
}

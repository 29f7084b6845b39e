using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;
using Grpc.Core;

namespace EdgeMesh.Node.Targets;

/// <summary>Asks a Region, or a node of its mesh, who is in the mesh.</summary>
internal static class NodeListing
{
    /// <summary>The Region first, then by kind and name, with what each last reported.</summary>
    /// <exception cref="TargetException">The call failed.</exception>
    /// <exception cref="CliException">It is no admin listener of one.</exception>
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
            throw new CliException($"{TargetAddress.Show(connection.Target)} is not the admin listener of a Region or of a node of its mesh.", inner: exception);
        }
    }
}

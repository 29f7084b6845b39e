using EdgeMesh.Latency.Coordinates;
using EdgeMesh.Probing.Messages;
using EdgeMesh.V1;

namespace EdgeMesh.Probing.Mesh;

/// <summary>What nodes know of the mesh, as clients are told it.</summary>
public static class MeshMessages
{
    /// <summary>Writes what is a client's business of a topology: no versions of programs, no counters, no tokens.</summary>
    /// <param name="topology">As the Region tells it.</param>
    /// <param name="coordinates">Where nodes are in latency space, by name, as far as this one knows.</param>
    public static WatchMeshResponse Write(JoinResponse topology, IReadOnlyDictionary<string, Coordinate> coordinates)
    {
        var mesh = new WatchMeshResponse { Region = topology.Region, Version = topology.Version };
        foreach (var node in topology.Nodes)
        {
            mesh.Nodes.Add(new MeshMember
            {
                Name = node.Name,
                Kind = node.Kind,
                Address = node.Address,
                State = node.State,
                Position = node.Position,
                Jurisdiction = node.Jurisdiction,
                Coordinate = coordinates.GetValueOrDefault(node.Name)?.ToMessage(),
            });
        }

        mesh.Methods.AddRange(topology.Methods);
        return mesh;
    }
}

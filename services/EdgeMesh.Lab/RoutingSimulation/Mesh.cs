using EdgeMesh.V1;
using EdgeMesh.Wire;
using Google.Protobuf;

namespace EdgeMesh.Lab.RoutingSimulation;

/// <summary>What every simulated node tells its clients of the mesh, and the bytes of messages.</summary>
internal static class Mesh
{
    public const string Region = "eu-west-2";

    /// <summary>The one method that is called: unary, free of side effects.</summary>
    public const string Method = "shop.v1.Catalog/Get";

    /// <summary>As <c>WatchMesh</c> answers.</summary>
    public static byte[] Describe(IEnumerable<SimulatedNode> nodes)
    {
        var mesh = new WatchMeshResponse { Region = Region, Version = 1 };
        mesh.Nodes.AddRange(nodes.Select(node => new MeshMember { Name = node.Name, Kind = NodeKind.EdgeLocation, Address = node.Address.GetLeftPart(UriPartial.Authority), State = NodeState.Ready }));
        mesh.Methods.Add(new MethodShape { Method = Method, SideEffectFree = true });
        return Frame(mesh);
    }

    /// <summary>A message as it stands in a body.</summary>
    public static byte[] Frame(IMessage message)
    {
        var frame = new byte[MessageFrame.HeaderSize + message.CalculateSize()];
        MessageFrame.WriteHeader(frame, isCompressed: false, (uint)(frame.Length - MessageFrame.HeaderSize));
        message.WriteTo(frame.AsSpan(MessageFrame.HeaderSize));
        return frame;
    }
}

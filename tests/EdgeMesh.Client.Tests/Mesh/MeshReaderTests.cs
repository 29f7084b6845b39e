using EdgeMesh.Client.Mesh;
using EdgeMesh.V1;

namespace EdgeMesh.Client.Tests.Mesh;

public sealed class MeshReaderTests
{
    [Fact]
    public void Read_WhatCannotBe_IsLeftOut()
    {
        var message = new WatchMeshResponse { Region = "eu-west-2", Version = 7 };
        message.Nodes.Add(Member("LHR50-1", "http://127.0.0.1:6401", NodeState.Draining));
        message.Nodes.Add(Member("LHR50-1", "http://127.0.0.1:6402"));
        message.Nodes.Add(Member("CDG50-1", "http://127.0.0.1:6403", NodeState.Lost));
        message.Nodes.Add(Member("FRA50-1", "ftp://127.0.0.1:6404"));
        message.Nodes.Add(Member("FRA50-2", "http://127.0.0.1:6404/path"));
        message.Nodes.Add(Member("FRA50-3", "not an address"));
        message.Nodes.Add(Member("", "http://127.0.0.1:6405"));
        var nowhere = Member("DUB50-1", "http://127.0.0.1:6406");
        nowhere.Position = new Position { Latitude = double.NaN };
        nowhere.Coordinate = new LatencyCoordinate { Height = -1 };
        message.Nodes.Add(nowhere);

        var mesh = MeshReader.Read(message)!;

        Assert.Equal(("eu-west-2", 7UL), (mesh.Region, mesh.Version));
        Assert.Equal(["LHR50-1", "DUB50-1"], mesh.Nodes.Select(node => node.Node.Name));
        Assert.True(mesh.FindNode("LHR50-1")!.Node.Draining);
        Assert.Equal(6401, mesh.FindNode("LHR50-1")!.Address.Port);
        Assert.Null(mesh.FindNode("DUB50-1")!.Node.Position);
        Assert.Null(mesh.FindNode("DUB50-1")!.Node.Coordinate);
        Assert.Null(mesh.FindNode("CDG50-1"));
    }

    [Fact]
    public void Read_NoNodeThatCouldBeCalled_IsNoMesh()
    {
        Assert.Null(MeshReader.Read(new WatchMeshResponse { Region = "eu-west-2" }));
        Assert.Null(MeshReader.Read(new WatchMeshResponse { Nodes = { Member("LHR50-1", "http://127.0.0.1:6401", NodeState.Lost) } }));
    }

    [Theory]
    [InlineData(false, false, true, true, true)]
    [InlineData(false, true, true, false, true)]
    [InlineData(true, false, false, false, false)]
    [InlineData(false, false, false, true, false)]
    public void FindMethod_Declared_IsUnaryAndSafeAsDeclared(bool clientStreaming, bool serverStreaming, bool sideEffectFree, bool isUnary, bool isSafe)
    {
        var message = new WatchMeshResponse { Nodes = { Member("LHR50-1", "http://127.0.0.1:6401") } };
        message.Methods.Add(new MethodShape { Method = "a.B/C", ClientStreaming = clientStreaming, ServerStreaming = serverStreaming, SideEffectFree = sideEffectFree, Idempotent = true });
        var mesh = MeshReader.Read(message)!;

        Assert.Equal(new MethodFacts(isUnary, isSafe, "a.B/C"), mesh.FindMethod("/a.B/C"));
        Assert.Equal(default, mesh.FindMethod("/a.B/Unknown"));
    }

    private static MeshMember Member(string name, string address, NodeState state = NodeState.Ready) => new() { Name = name, Address = address, State = state };
}

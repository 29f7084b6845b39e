using System.Net;
using System.Net.Sockets;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Up;
using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.Tests.Up;

public sealed class MeshPlanTests
{
    [Fact]
    public void EdgeName_Any_UniqueAndInOrder()
    {
        var names = Enumerable.Range(0, MeshPlan.MostEdges).Select(MeshPlan.EdgeName).ToArray();

        Assert.Equal(["LHR50-1", "CDG50-1", "FRA50-1"], names[..3]);
        Assert.Equal("LHR50-2", names[12]);
        Assert.Distinct(names);
    }

    [Fact]
    public void ChoosePorts_TakenPort_IsPassedOver()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        // A few ports below the top of the range would leave no room to pass over.
        var ports = MeshPlan.ChoosePorts(Math.Min(port, 65_400), 3);

        Assert.DoesNotContain(ports, node => node.Data == port || node.Admin == port);
        Assert.Equal(3, ports.Count);
        Assert.Equal(ports.OrderBy(node => node.Data), ports);
        Assert.Equal(ports.OrderBy(node => node.Admin), ports);
        Assert.Distinct(ports.SelectMany(node => new[] { node.Data, node.Admin }));
    }

    [Fact]
    public void ChoosePorts_Zero_LeavesThemToTheSystem() => Assert.Equal(Enumerable.Repeat(new NodePorts(0, 0), 3), MeshPlan.ChoosePorts(0, 3));

    [Fact]
    public void ChoosePorts_TooFew_Fails() => Assert.Throws<CliException>(() => MeshPlan.ChoosePorts(65_530, 20));

    [Fact]
    public void ByHand_Arguments_RunWithoutAParent()
    {
        var arguments = MeshPlan.EdgeArguments("LHR50-1", new NodePorts(6401, 6501), new ChildAddresses(new Uri("http://127.0.0.1:6400"), new Uri("http://127.0.0.1:6500")), new ByteSize(1024));

        Assert.Contains("--exit-on-stdin-close", arguments);
        Assert.Equal(
            "edge --name LHR50-1 --region http://127.0.0.1:6400 --region-admin http://127.0.0.1:6500 --listen 127.0.0.1:6401 --admin-listen 127.0.0.1:6501 --cache-bytes 1KiB --jurisdiction GB --shutdown-timeout 5s",
            string.Join(' ', MeshPlan.ByHand(arguments)));
    }
}

using EdgeMesh.Relay.Hosting;
using EdgeMesh.Storage;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Grpc.Core;

namespace EdgeMesh.LocalZone.Tests;

/// <summary>A zone below its Region, over real connections.</summary>
public sealed class LocalZoneNodeTests
{
    [Fact]
    public async Task Zone_ThatJoins_IsANodeOfItsOwnKindWhoseGroupIsNotOptedInto()
    {
        await using var mesh = await ZoneMesh.StartAsync();
        var zone = await mesh.StartZoneAsync();

        var node = (await ZoneMesh.WaitForNodesAsync(mesh.Region.AdminAddress, nodes => nodes.Count == 2))[1];

        Assert.Equal((ZoneMesh.ZoneName, NodeKind.LocalZone, ZoneMesh.Group, false), (node.Name, node.Kind, node.ZoneGroup, node.ZoneGroupEnabled));
        Assert.Contains("joined Region", await ZoneMesh.WaitForNoteAsync(zone.AdminAddress, $"zone group {ZoneMesh.Group} is disabled"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Group_EnabledAndDisabled_IsToldToItsZones()
    {
        await using var mesh = await ZoneMesh.StartAsync();
        var zone = await mesh.StartZoneAsync();
        await ZoneMesh.WaitForNoteAsync(zone.AdminAddress, "is disabled");

        var enabled = await mesh.SetGroupAsync(ZoneMesh.Group, true);
        Assert.Equal([ZoneMesh.ZoneName], enabled.Zones.Select(node => node.Name));
        await ZoneMesh.WaitForNoteAsync(zone.AdminAddress, $"zone group {ZoneMesh.Group} is enabled");

        await mesh.SetGroupAsync(ZoneMesh.Group, false);
        await ZoneMesh.WaitForNoteAsync(zone.AdminAddress, "is disabled");
    }

    [Theory]
    [InlineData("eu-west-2-edi-1", StatusCode.NotFound, "no zone of group eu-west-2-edi-1 has joined Region eu-west-2, nor does --zone-group name it; known groups: none")]
    [InlineData("us-east-1-bos-1", StatusCode.InvalidArgument, "name: must begin with this Region's name, eu-west-2; is \"us-east-1-bos-1\"")]
    [InlineData("eu-west-2-man-1a", StatusCode.InvalidArgument, "name: must be its Region's name, '-', 3 letters a-z, '-' and a number from 1 to 99, like eu-west-2-man-1; is \"eu-west-2-man-1a\"")]
    public async Task Group_ThatIsUnknownOrNone_IsRefusedByName(string name, StatusCode status, string message)
    {
        await using var mesh = await ZoneMesh.StartAsync();

        var fault = await Assert.ThrowsAsync<RpcException>(() => mesh.SetGroupAsync(name, true));

        Assert.Equal((status, message), (fault.StatusCode, fault.Status.Detail));
    }

    [Fact]
    public async Task Zone_OfAnotherRegion_SaysWhyItIsRefused()
    {
        await using var mesh = await ZoneMesh.StartAsync();
        var zone = await mesh.StartZoneAsync("us-east-1-bos-1a");

        var note = await ZoneMesh.WaitForNoteAsync(zone.AdminAddress, "refuses this node");

        Assert.Contains("must begin with this Region's name, eu-west-2; is \"us-east-1-bos-1a\"", note, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_PortInUse_NamesIt()
    {
        await using var mesh = await ZoneMesh.StartAsync();

        var fault = await Assert.ThrowsAsync<ListenException>(() => LocalZoneNode.StartAsync(
            new LocalZoneOptions { Name = ZoneMesh.ZoneName, Region = mesh.Region.Address, Listen = mesh.Region.Address.Authority, AdminListen = "127.0.0.1:0" }, _ => { }, CancellationToken.None));

        Assert.Contains($"{mesh.Region.Address.Port}", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_DataOfARunningZone_NamesDirectoryAndHolder()
    {
        using var data = new TempDirectory();
        await using var mesh = await ZoneMesh.StartAsync();
        var options = new LocalZoneOptions { Name = ZoneMesh.ZoneName, Region = mesh.Region.Address, Listen = "127.0.0.1:0", AdminListen = "127.0.0.1:0", DataDirectory = data.Path };
        var zone = await LocalZoneNode.StartAsync(options, _ => { }, CancellationToken.None);

        var fault = await Assert.ThrowsAsync<DataDirectoryException>(() => LocalZoneNode.StartAsync(options, _ => { }, CancellationToken.None));
        Assert.Contains($"Data directory '{data.Path}' is in use by process {Environment.ProcessId} on ", fault.Message, StringComparison.Ordinal);

        await zone.DisposeAsync();
        await using var next = await LocalZoneNode.StartAsync(options, _ => { }, CancellationToken.None);
    }

    [Fact]
    public async Task Call_OfTheRegionsService_PassesThroughAndIsCachedUntilAPurge()
    {
        await using var mesh = await ZoneMesh.StartAsync();
        var zone = await mesh.StartZoneAsync();
        await ZoneMesh.WaitForNoteAsync(zone.AdminAddress, "joined Region");
        await mesh.PutAsync("a");

        var miss = await ZoneMesh.GetAsync(zone.Address, "a");
        Assert.Equal("eu-west-2", miss.Node);
        Assert.StartsWith("eu-west-2-man-1a; fwd=miss; stored", miss.Status, StringComparison.Ordinal);
        var hit = await ZoneMesh.GetAsync(zone.Address, "a");
        Assert.Equal(ZoneMesh.ZoneName, hit.Node);
        Assert.StartsWith("eu-west-2-man-1a; hit", hit.Status, StringComparison.Ordinal);

        Assert.Equal([ZoneMesh.ZoneName], await mesh.PurgeAsync("a"));
        Assert.StartsWith("eu-west-2-man-1a; fwd=miss", (await ZoneMesh.GetAsync(zone.Address, "a")).Status, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Edge_BelowAZone_JoinsByItAndIsPurgedAfterIt()
    {
        await using var mesh = await ZoneMesh.StartAsync();
        var zone = await mesh.StartZoneAsync();
        var edge = await mesh.StartEdgeAsync(zone);
        var nodes = await ZoneMesh.WaitForNodesAsync(mesh.Region.AdminAddress, all => all.Count(node => node.State == NodeState.Ready && node.Applied is not null) == 2);
        Assert.Equal([("MAN50-1", ZoneMesh.ZoneName), (ZoneMesh.ZoneName, "")], nodes.Skip(1).Select(node => (node.Name, node.Upstream)));
        await mesh.PutAsync("a");

        Assert.Matches("^eu-west-2-man-1a; fwd=miss; stored.*MAN50-1; fwd=miss; stored", (await ZoneMesh.GetAsync(edge.Address, "a")).Status);
        Assert.StartsWith("MAN50-1; hit", (await ZoneMesh.GetAsync(edge.Address, "a")).Status, StringComparison.Ordinal);
        Assert.Equal(["MAN50-1", ZoneMesh.ZoneName], await mesh.PurgeAsync("a"));
        Assert.Matches("^eu-west-2-man-1a; fwd=miss; stored.*MAN50-1; fwd=miss; stored", (await ZoneMesh.GetAsync(edge.Address, "a")).Status);
    }

    [Fact]
    public async Task Zone_RegionAway_ServesWhatItHasSaysSoAndCatchesUp()
    {
        await using var mesh = await ZoneMesh.StartAsync();
        var zone = await mesh.StartZoneAsync();
        await ZoneMesh.WaitForNoteAsync(zone.AdminAddress, "is disabled");
        await mesh.SetGroupAsync(ZoneMesh.Group, true);
        await ZoneMesh.WaitForNoteAsync(zone.AdminAddress, "is enabled");
        await mesh.PutAsync("a");
        await ZoneMesh.GetAsync(zone.Address, "a");

        await mesh.StopRegionAsync();
        Assert.Contains("is enabled", await ZoneMesh.WaitForNoteAsync(zone.AdminAddress, "is away: this node serves what it has"), StringComparison.Ordinal);
        Assert.StartsWith("eu-west-2-man-1a; hit", (await ZoneMesh.GetAsync(zone.Address, "a")).Status, StringComparison.Ordinal);
        var nodes = await ZoneMesh.WaitForNodesAsync(zone.AdminAddress, _ => true);
        Assert.Equal([("eu-west-2", NodeState.Lost), (ZoneMesh.ZoneName, NodeState.Ready)], nodes.Select(node => (node.Name, node.State)));

        await mesh.RestartRegionAsync();
        await ZoneMesh.WaitForNoteAsync(zone.AdminAddress, "joined Region");
        Assert.Equal([("eu-west-2", NodeState.Ready), (ZoneMesh.ZoneName, NodeState.Ready)], (await ZoneMesh.WaitForNodesAsync(zone.AdminAddress, _ => true)).Select(node => (node.Name, node.State)));
        Assert.Equal([ZoneMesh.ZoneName], await mesh.PurgeAsync("a"));
        Assert.StartsWith("eu-west-2-man-1a; fwd=miss", (await ZoneMesh.GetAsync(zone.Address, "a")).Status, StringComparison.Ordinal);
    }
}

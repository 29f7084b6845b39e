using EdgeMesh.V1;
using EdgeMesh.Workloads;
using Grpc.Core;

namespace EdgeMesh.LocalZone.Tests;

/// <summary>A service that runs in the zone and in its Region: where its calls go.</summary>
public sealed class PlacedServiceTests
{
    [Fact]
    public async Task Call_OfAPlacedService_StaysInTheZoneWhileItsGroupIsEnabled()
    {
        await using var atRegion = await NamedOrigin.StartAsync("region");
        await using var atZone = await NamedOrigin.StartAsync("zone");
        await using var mesh = await ZoneMesh.StartAsync(atRegion.Address);
        var zone = await mesh.StartZoneAsync(Shop(atZone));
        await ZoneMesh.WaitForNoteAsync(zone.AdminAddress, "is disabled");
        var passed = await NamedOrigin.CallAsync(zone.Address);
        Assert.Equal(("region", "eu-west-2"), (passed.Origin, passed.Headers.GetValue("x-edgemesh-node")));

        await EnableAsync(mesh, zone);
        var answer = await NamedOrigin.CallAsync(zone.Address);
        Assert.Equal(("zone", ZoneMesh.ZoneName), (answer.Origin, answer.Headers.GetValue("x-edgemesh-node")));
        Assert.Equal(["shop.v1."], (await ZoneMesh.WaitForNodesAsync(mesh.Region.AdminAddress, nodes => nodes[1].PlacedServices.Count == 1))[1].PlacedServices);

        await mesh.SetGroupAsync(ZoneMesh.Group, false);
        await ZoneMesh.WaitForNoteAsync(zone.AdminAddress, "is disabled");
        Assert.Equal("region", (await NamedOrigin.CallAsync(zone.Address)).Origin);
        await ZoneMesh.WaitForNodesAsync(mesh.Region.AdminAddress, nodes => nodes[1].PlacedServices.Count == 0);
    }

    [Fact]
    public async Task Call_NoReplicaWell_GoesToTheParentAndComesHome()
    {
        await using var atRegion = await NamedOrigin.StartAsync("region");
        var atZone = await NamedOrigin.StartAsync("zone");
        await using var mesh = await ZoneMesh.StartAsync(atRegion.Address);
        var zone = await mesh.StartZoneAsync(Shop(atZone));
        await EnableAsync(mesh, zone);
        Assert.Equal("zone", (await NamedOrigin.CallAsync(zone.Address)).Origin);

        // A call that comes before anyone has noticed may be lost with the connection: nobody knows then whether it was carried out.
        await atZone.DisposeAsync();
        Assert.Contains("its calls go to the Region", await ZoneMesh.WaitForNoteAsync(zone.AdminAddress, "workload shop has no well replica"), StringComparison.Ordinal);
        Assert.Equal("region", (await NamedOrigin.CallAsync(zone.Address)).Origin);

        await using var again = await NamedOrigin.StartAsync("zone", atZone.Address.Port);
        await ZoneMesh.WaitForNoteAsync(zone.AdminAddress, "its calls go to the Region", isThere: false);
        Assert.Equal("zone", (await NamedOrigin.CallAsync(zone.Address)).Origin);
    }

    [Fact]
    public async Task Call_RegionAway_PlacedServicesGoOnAndOthersAreToldWhoIsAway()
    {
        await using var atZone = await NamedOrigin.StartAsync("zone");
        await using var mesh = await ZoneMesh.StartAsync();
        var zone = await mesh.StartZoneAsync(Shop(atZone));
        await EnableAsync(mesh, zone);

        await mesh.StopRegionAsync();
        await ZoneMesh.WaitForNoteAsync(zone.AdminAddress, "is away");

        Assert.Equal("zone", (await NamedOrigin.CallAsync(zone.Address)).Origin);
        var fault = await Assert.ThrowsAsync<RpcException>(() => ZoneMesh.GetAsync(zone.Address, "never-read"));
        Assert.Equal(StatusCode.Unavailable, fault.StatusCode);
        Assert.Contains($"{mesh.Region.Address.Port}", fault.Status.Detail, StringComparison.Ordinal);

        // Static stability outlives the zone's own restart.
        await mesh.StopAsync(zone);
        var restarted = await mesh.StartZoneAsync(Shop(atZone));
        await ZoneMesh.WaitForNoteAsync(restarted.AdminAddress, "zone group eu-west-2-man-1 is enabled");
        await ZoneMesh.WaitForNoteAsync(restarted.AdminAddress, "its calls go to the Region", isThere: false);
        Assert.Equal("zone", (await NamedOrigin.CallAsync(restarted.Address)).Origin);

        await mesh.RestartRegionAsync();
        await ZoneMesh.WaitForNoteAsync(restarted.AdminAddress, "joined Region");
    }

    [Fact]
    public async Task Call_OfAPlacedServiceThatDeclaresCaching_IsCachedHereAndBelowUntilAPurge()
    {
        await using var atZone = await NamedOrigin.StartAsync("zone");
        await using var mesh = await ZoneMesh.StartAsync();
        var zone = await mesh.StartZoneAsync(Shop(atZone));
        var edge = await mesh.StartEdgeAsync(zone);
        await EnableAsync(mesh, zone);
        await ZoneMesh.WaitForNodesAsync(mesh.Region.AdminAddress, all => all.Count(node => node.State == NodeState.Ready && node.Applied is not null) == 2);
        for (var i = 0; i < 2; i++)
        {
            var first = await CallAsync(edge.Address);
            Assert.Contains("eu-west-2-man-1a; fwd=miss; stored", first, StringComparison.Ordinal);
            Assert.Contains("MAN50-1; fwd=miss; stored", first, StringComparison.Ordinal);
            Assert.StartsWith("MAN50-1; hit", await CallAsync(edge.Address), StringComparison.Ordinal);

            // Asked by another host, and so another entry.
            Assert.Contains("eu-west-2-man-1a; fwd=miss; stored", await CallAsync(zone.Address), StringComparison.Ordinal);
            Assert.StartsWith("eu-west-2-man-1a; hit", await CallAsync(zone.Address), StringComparison.Ordinal);

            Assert.Equal(["MAN50-1", ZoneMesh.ZoneName], await mesh.PurgeAsync("shoes"));
        }

        static async Task<string> CallAsync(Uri node) => (await NamedOrigin.CallAsync(node, NamedOrigin.Cacheable)).Headers.Where(field => field.Key == "cache-status").Select(field => field.Value).Aggregate((a, b) => $"{a} | {b}");
    }

    /// <summary>The zone hears of it, and finds its replica well.</summary>
    private static async Task EnableAsync(ZoneMesh mesh, LocalZoneNode zone)
    {
        await ZoneMesh.WaitForNoteAsync(zone.AdminAddress, "joined Region");
        await mesh.SetGroupAsync(ZoneMesh.Group, true);
        await ZoneMesh.WaitForNoteAsync(zone.AdminAddress, "is enabled");
        await ZoneMesh.WaitForNoteAsync(zone.AdminAddress, "its calls go to the Region", isThere: false);
    }

    private static WorkloadOptions Shop(NamedOrigin origin) => new()
    {
        Name = "shop",
        ServicePrefixes = ["shop.v1."],
        Addresses = [new ReplicaAddress(origin.Address)],
        Health = HealthProbe.Tcp,
        HealthInterval = TimeSpan.FromMilliseconds(50),
    };
}

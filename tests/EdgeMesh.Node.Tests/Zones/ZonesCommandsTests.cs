using System.Text.Json.Nodes;
using EdgeMesh.LocalZone;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Testing;

namespace EdgeMesh.Node.Tests.Zones;

/// <summary><c>zones list</c>, <c>zones enable</c> and <c>zones disable</c> at a Region, before and after a zone has joined it.</summary>
public sealed class ZonesCommandsTests(SmallMesh mesh) : IClassFixture<SmallMesh>
{
    [Fact]
    public async Task Groups_OfAZoneThatJoined_AreListedEnabledAndDisabled()
    {
        var unknown = await CliRun.Of("zones", "enable", "eu-west-2-edi-1", "--to", mesh.RegionAdmin);
        Assert.Equal(ExitCodes.Failed, unknown.ExitCode);
        Assert.Contains("NOT_FOUND: no zone of group eu-west-2-edi-1 has joined Region eu-west-2", unknown.Error, StringComparison.Ordinal);

        await using var zone = await LocalZoneNode.StartAsync(
            new LocalZoneOptions { Name = "eu-west-2-man-1a", Listen = "127.0.0.1:0", Region = new Uri(mesh.Region), RegionAdmin = new Uri(mesh.RegionAdmin), CacheBytes = 8 << 20 }, _ => { }, CancellationToken.None);
        Assert.Equal("no", await StateAsync());

        Assert.Equal("eu-west-2-man-1 is enabled, zones: eu-west-2-man-1a\n", (await CliRun.Of("zones", "enable", "eu-west-2-man-1", "--to", mesh.RegionAdmin)).Output);
        Assert.Equal("yes", await StateAsync());
        var json = JsonNode.Parse((await CliRun.Of("zones", "list", "--to", mesh.RegionAdmin, "--json")).Output)!["groups"]!.AsArray().Single()!;
        Assert.Equal(("eu-west-2-man-1", true, "eu-west-2-man-1a"), ((string)json["name"]!, (bool)json["enabled"]!, (string)json["zones"]![0]!["name"]!));

        Assert.Equal(ExitCodes.Success, (await CliRun.Of("zones", "disable", "eu-west-2-man-1", "--to", mesh.RegionAdmin)).ExitCode);
        Assert.Equal("no", await StateAsync());

        // The zone's own listener tells the mesh as well.
        Assert.Contains("local-zone", (await CliRun.Of("nodes", "--to", zone.AdminAddress.ToString())).Output, StringComparison.Ordinal);
    }

    /// <summary>The second word of the zone's line.</summary>
    private async Task<string> StateAsync()
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var line = (await CliRun.Of("zones", "list", "--to", mesh.RegionAdmin)).Output.Split('\n').FirstOrDefault(line => line.Contains("eu-west-2-man-1a", StringComparison.Ordinal));
            if (line is not null)
            {
                return line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
            }

            Assert.True(TimeProvider.System.GetElapsedTime(start) < TestDeadline.Default, "the zone did not join");
        }
    }
}

using EdgeMesh.V1;
using Grpc.Net.Client;

namespace EdgeMesh.LocalZone.Tests;

/// <summary>A zone among those who are near: in the matrix and in rankings.</summary>
public sealed class ZoneLatencyTests
{
    [Fact]
    public async Task Matrix_HasTheZoneAsMeasuredAndMeasuring()
    {
        await using var mesh = await ZoneMesh.StartAsync();
        await mesh.StartZoneAsync();
        using var channel = GrpcChannel.ForAddress(mesh.Region.AdminAddress);
        var client = new LatencyService.LatencyServiceClient(channel);

        var matrix = await ZoneMesh.PollAsync(async () => (await client.GetMatrixAsync(new GetMatrixRequest())).Matrix, matrix => matrix.Pairs.Count(pair => pair.Latency.Source == EstimateSource.Measured) == 2);

        Assert.Equal([("eu-west-2", NodeKind.Region), (ZoneMesh.ZoneName, NodeKind.LocalZone)], matrix.Nodes.Select(node => (node.Node, node.Kind)));
        Assert.Equal([(0u, 1u), (1u, 0u)], matrix.Pairs.Select(pair => (pair.From, pair.To)));
    }

    [Fact]
    public async Task Rank_FromItsCity_HasTheZoneFirst()
    {
        await using var mesh = await ZoneMesh.StartAsync();
        var zone = await mesh.StartZoneAsync();
        await ZoneMesh.WaitForNoteAsync(zone.AdminAddress, "joined Region");
        foreach (var node in (Uri[])[mesh.Region.Address, zone.Address])
        {
            using var channel = GrpcChannel.ForAddress(node);
            var ranked = await new LatencyService.LatencyServiceClient(channel).RankAsync(new RankRequest { Position = new Position { Latitude = 53.48, Longitude = -2.24 }, Kinds = { NodeKind.LocalZone, NodeKind.Region } });

            Assert.Equal((ZoneMesh.ZoneName, NodeKind.LocalZone), (ranked.Nodes[0].Node, ranked.Nodes[0].Kind));
            Assert.Contains("15 km away", ranked.Nodes[0].Why, StringComparison.Ordinal);
        }
    }
}

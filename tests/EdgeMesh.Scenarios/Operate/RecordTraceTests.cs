using System.Text.Json;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf;
using Grpc.Net.Client;

namespace EdgeMesh.Scenarios.Operate;

/// <summary>From live traffic to a choice of policy and size: <c>edge --record-trace</c>, then <c>cache simulate --format own</c>, as processes of their own.</summary>
public sealed class RecordTraceTests
{
    private const int Objects = 5;
    private const int Rounds = 8;

    [Fact]
    public async Task Traffic_RecordedByAnEdge_IsWhatTheSimulatorReads()
    {
        // 1. Each object is asked for in each round: the first time is a fill, the others are hits.
        using var directory = new TempDirectory();
        var trace = directory.File("london.trace");
        await using var region = await NodeProcess.StartRegionAsync(directory.File("region"));
        await using var edge = await NodeProcess.StartEdgeAsync(region, "LHR50-1", "--record-trace", trace);
        await edge.Process.WaitForLineAsync("Joined Region");
        using (var channel = GrpcChannel.ForAddress(region.Address))
        {
            var store = new ObjectStoreService.ObjectStoreServiceClient(channel);
            await store.CreateBucketAsync(new CreateBucketRequest { Bucket = "traced" });
            for (var i = 0; i < Objects; i++)
            {
                await store.PutObjectAsync(new PutObjectRequest { Spec = new ObjectSpec { Bucket = "traced", Key = $"object-{i}" }, Content = ByteString.CopyFrom(new byte[1000 * (i + 1)]) });
            }
        }

        using (var channel = GrpcChannel.ForAddress(edge.Address))
        {
            var store = new ObjectStoreService.ObjectStoreServiceClient(channel);
            for (var i = 0; i < Rounds * Objects; i++)
            {
                await store.GetObjectAsync(new GetObjectRequest { Bucket = "traced", Key = $"object-{i % Objects}" });
            }
        }

        // 2. An edge that is asked to end writes what it still has in memory.
        edge.Process.Signal(UnixSignal.Terminate);
        Assert.Equal(0, await edge.Process.WaitForExitAsync());
        Assert.Equal(16 + (16 * Rounds * Objects), new FileInfo(trace).Length);
        edge.AssertNoUnexpectedErrors();
        region.AssertNoUnexpectedErrors();

        // 3. With room for all of them the live policies hit as the edge did; with room for one, hardly ever.
        await using var simulation = NodeProcess.Start("cache", "simulate", trace, "--format", "own", "--policy", "s3-fifo,density:1", "--capacity", "3000,100%,1MiB", "--json");
        Assert.True(await simulation.WaitForExitAsync() == 0, string.Join('\n', simulation.Transcript));
        var rows = JsonDocument.Parse(string.Concat(simulation.Output)).RootElement.EnumerateArray().ToDictionary(row => $"{row.GetProperty("policy")} {row.GetProperty("capacity")}");
        Assert.Equal(6, rows.Count);
        foreach (var cell in (string[])["s3-fifo 1MiB", "density:1 1MiB", "density:1 100%"])
        {
            Assert.Equal((Rounds - 1) / (double)Rounds, rows[cell].GetProperty("object_hit").GetDouble(), precision: 9);
        }

        foreach (var cell in (string[])["s3-fifo 3000", "density:1 3000"])
        {
            Assert.InRange(rows[cell].GetProperty("object_hit").GetDouble(), 0, 0.4);
        }

        // What is recorded as a size is the answer with its key and metadata.
        Assert.InRange(rows["density:1 100%"].GetProperty("capacity_bytes").GetInt64(), 15_000, 17_500);
    }
}

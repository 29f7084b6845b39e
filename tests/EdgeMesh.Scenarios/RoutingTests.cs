using EdgeMesh.Client;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Grpc.Net.Client;

namespace EdgeMesh.Scenarios;

/// <summary>A client that routes by itself, over nodes that are processes of their own.</summary>
public sealed class RoutingTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private int _answered;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Client_EdgesKilledOneAfterAnother_NoSafeCallFails()
    {
        await using var region = await NodeProcess.StartRegionAsync(_directory.File("region"));
        await using var london = await NodeProcess.StartEdgeAsync(region, "LHR50-1");
        await using var paris = await NodeProcess.StartEdgeAsync(region, "CDG50-1");
        await region.Process.WaitForLineAsync("LHR50-1 joined");
        await region.Process.WaitForLineAsync("CDG50-1 joined");
        using (var channel = GrpcChannel.ForAddress(region.Address))
        {
            await new ObjectStoreService.ObjectStoreServiceClient(channel).CreateBucketAsync(new CreateBucketRequest { Bucket = "mesh" });
        }

        var handler = new EdgeMeshHandler(new EdgeMeshClientOptions { Bootstrap = [london.Address, region.Address] });
        using var routed = GrpcChannel.ForAddress("http://mesh", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        var store = new ObjectStoreService.ObjectStoreServiceClient(routed);
        using var over = new CancellationTokenSource();
        var workers = Enumerable.Range(0, 4).Select(_ => CallAsync(store, over.Token)).ToList();

        await UntilAsync(() => handler.ReadNodes().Count(node => node.RoundTrip is not null) == 3, workers);
        await UntilAnsweredAsync(200, workers);
        london.Process.Signal(UnixSignal.Kill);
        await UntilAnsweredAsync(500, workers);
        paris.Process.Signal(UnixSignal.Kill);
        await UntilAnsweredAsync(500, workers);
        await UntilAsync(() => handler.ReadNodes().All(node => node.Name == "eu-west-2" ? node.IsHome : node.IsEjected), workers);

        await over.CancelAsync();
        await Task.WhenAll(workers);
        region.AssertNoUnexpectedErrors();
    }

    private async Task CallAsync(ObjectStoreService.ObjectStoreServiceClient store, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            await store.ListObjectsAsync(new ListObjectsRequest { Bucket = "mesh" }, deadline: DateTime.UtcNow + TestDeadline.Default);
            Interlocked.Increment(ref _answered);
        }
    }

    private Task UntilAnsweredAsync(int more, List<Task> workers)
    {
        var enough = Volatile.Read(ref _answered) + more;
        return UntilAsync(() => Volatile.Read(ref _answered) >= enough, workers);
    }

    private static async Task UntilAsync(Func<bool> isSo, List<Task> workers)
    {
        using var limit = new CancellationTokenSource(TestDeadline.Default);
        while (!isSo())
        {
            limit.Token.ThrowIfCancellationRequested();
            if (workers.FirstOrDefault(worker => worker.IsCompleted) is { } failed)
            {
                await failed;
            }

            await Task.Delay(10);
        }
    }
}

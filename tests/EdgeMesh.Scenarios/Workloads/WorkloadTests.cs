using System.Net;
using EdgeMesh.Scenarios.Operate;
using EdgeMesh.Scenarios.Up;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Grpc.Net.Client;

namespace EdgeMesh.Scenarios.Workloads;

/// <summary>A Python service, unchanged, as processes of a Region: killed, replaced and scaled under load, and gone with its node.</summary>
public sealed class WorkloadTests : IDisposable
{
    private const string Python = "/usr/bin/python3";

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [ForeignFact("python3-grpcio")]
    public async Task PythonWorkload_KilledReplacedAndScaledUnderLoad_LosesNoCallAndEndsWithItsNode()
    {
        // 1. Two replicas.
        await File.WriteAllTextAsync(_directory.File("edgemesh.yaml"), $"""
            region:
              name: eu-west-2
              listen: 127.0.0.1:0
              data: {_directory.File("data")}
              az: eu-west-2a
              workloads:
                shop:
                  services: shop.v1.
                  command: [{Python}, {Path.Combine(Repository.Root, "tests/EdgeMesh.Scenarios/Workloads/catalog.py")}]
                  replicas: 2
                  slow-start: 0
                  min-backoff: 10ms
                  health-interval: 100ms
                  health-timeout: 30s
                  safe-methods: shop.v1.Catalog/Get
            """);
        await using var region = await NodeProcess.StartAsync("region", "--config", _directory.File("edgemesh.yaml"));
        using var channel = GrpcChannel.ForAddress(region.AdminAddress);
        var client = new WorkloadService.WorkloadServiceClient(channel);
        var before = await WaitAsync(client, ready: 2);
        Assert.All(before.Replicas, replica => Assert.Equal("eu-west-2a", replica.Zone));

        // 2. Whatever happens to them, callers do not see it.
        await using (var load = new CallLoad(region.Address, "/shop.v1.Catalog/Get", [], connections: 2, streamsPerConnection: 4))
        {
            await load.WaitForAsync();
            ProcessEnd.Kill((int)before.Replicas[0].ProcessId);
            await WaitAsync(client, ready: 2, restarts: 1);
            var replaced = (await client.ReplaceWorkloadAsync(new ReplaceWorkloadRequest { Name = "shop" }).ResponseAsync).Workload;
            await client.ScaleWorkloadAsync(new ScaleWorkloadRequest { Name = "shop", Replicas = 3 }).ResponseAsync;
            await WaitAsync(client, ready: 3);
            var scaled = (await client.ScaleWorkloadAsync(new ScaleWorkloadRequest { Name = "shop", Replicas = 1 }).ResponseAsync).Workload;

            Assert.Empty(before.Replicas.Select(replica => replica.ProcessId).Intersect(replaced.Replicas.Select(replica => replica.ProcessId)));
            Assert.Equal(["shop-1"], scaled.Replicas.Select(replica => replica.Name));
            Assert.Empty(load.Cuts);
            Assert.Equal((0, 0), (load.Refused, load.TurnedAway));
        }

        // 3. A stream that loses its replica is told which.
        var last = await WaitAsync(client, ready: 1);
        using var caller = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(region.Address, "/shop.v1.Catalog/Watch"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(new byte[5]) { Headers = { ContentType = new("application/grpc") } },
        };
        request.Headers.TE.Add(new("trailers"));
        using var response = await caller.SendAsync(request, CancellationToken.None);
        await using var body = await response.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(new byte[5]);
        ProcessEnd.Kill((int)last.Replicas[0].ProcessId);
        await body.CopyToAsync(Stream.Null);
        Assert.Equal("14", response.TrailingHeaders.GetValues("grpc-status").Single());
        Assert.Contains("replica shop-1 of workload shop at http://127.0.0.1:", WebUtility.UrlDecode(response.TrailingHeaders.GetValues("grpc-message").Single()), StringComparison.Ordinal);

        // 4. A node that is killed takes its processes along.
        last = await WaitAsync(client, ready: 1, restarts: 1);
        region.AssertNoUnexpectedErrors();
        region.Process.Signal(UnixSignal.Kill);
        Assert.True(await ProcessEnd.WaitAsync((int)last.Replicas[0].ProcessId, TestDeadline.Default));
    }

    [Fact]
    public async Task Commands_WorkloadThatCannotBeRun_SayWhatAndWhere()
    {
        await using var region = await NodeProcess.StartRegionAsync(_directory.File("data"), "--workloads", """{"name": "broken", "services": "broken.v1.", "command": "/no/such/program"}""");
        var to = region.AdminAddress.GetLeftPart(UriPartial.Authority);

        await using var list = NodeProcess.Start("workload", "describe", "broken", "--to", to);
        Assert.Equal(0, await list.WaitForExitAsync());
        Assert.Contains(list.Output, line => line.Contains("the command \"/no/such/program\" does not exist: there is no file /no/such/program", StringComparison.Ordinal));

        await using var unknown = NodeProcess.Start("workload", "stop", "shop", "--to", to);
        Assert.Equal(1, await unknown.WaitForExitAsync());
        Assert.Contains(unknown.Errors, line => line.Contains("no workload is named \"shop\"; there is broken", StringComparison.Ordinal));
    }

    private static async Task<Workload> WaitAsync(WorkloadService.WorkloadServiceClient client, int ready, uint restarts = 0)
    {
        using var limit = new CancellationTokenSource(TestDeadline.Default);
        while (true)
        {
            var workload = (await client.ListWorkloadsAsync(new ListWorkloadsRequest { Name = "shop" }, cancellationToken: limit.Token).ResponseAsync).Workloads.Single();
            if (workload.Replicas.Count(replica => replica.State == ReplicaState.Ready) == ready && workload.Replicas.Sum(replica => replica.Restarts) >= restarts)
            {
                return workload;
            }

            await Task.Delay(20, limit.Token);
        }
    }
}

using System.Diagnostics;
using System.Net;
using System.Text.Json;
using EdgeMesh.Client;
using EdgeMesh.Demo.V1;
using EdgeMesh.Lab.DelayedNetwork;
using EdgeMesh.Scenarios.Operate;
using EdgeMesh.Scenarios.Purges;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeMesh.Scenarios.Zones;

/// <summary>
/// The user's own services in a zone and in its Region, as processes, with real delay between all of them: callers are 2 ms from the zone and 40 ms from the Region, and the zone is 40 ms from its Region. One is an
/// inference service in Python, whose weights are made here; the other the Node.js example, unchanged.
/// </summary>
public sealed class ZoneWorkloadTests : IDisposable
{
    private const string Zone = "eu-west-2-man-1a";
    private const string Classify = "/vision.v1.Classifier/Classify";

    private static readonly TimeSpan Near = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Far = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    private readonly TempDirectory _directory = new();
    private readonly DigitModel _model = DigitModel.Train(seed: 1);
    private readonly Random _random = new(2);

    public void Dispose() => _directory.Dispose();

    [ForeignFact("python3-grpcio", "node-example")]
    public async Task Zone_WithItsOwnReplicas_AnswersNearPassesTheRestAndLosesNoCall()
    {
        // 1. A Region, a zone of it behind 40 ms, and callers: 2 ms from the one, 40 ms from the other.
        await using var region = await StartRegionAsync(Classifier(replicas: 1));
        await using var toRegion = Delay(region.Address, Far);
        await using var zone = await NodeProcess.StartZoneAsync(toRegion.Address, region.AdminAddress, Zone, "--workloads", Classifier(replicas: 2), "--workloads", Shop());
        await using var toZone = Delay(zone.Address, Near);
        await WaitForReplicasAsync(zone, "classifier", 2);
        await WaitForReplicasAsync(zone, "shop", 1);
        await WaitForReplicasAsync(region, "classifier", 1);
        await MeshCalls.WaitForNodesAsync(region, nodes => nodes.Any(node => node.Name == Zone && node is { ZoneGroupEnabled: true, PlacedServices.Count: 2 }));

        // 2. The same question, near and far: the same answers, in other times.
        Assert.InRange(Enumerable.Range(0, 200).Count(i => _model.Read(DigitModel.Draw(i % 10, _random)) == i % 10), 170, 200);
        var near = await TimeAsync(toZone.Address, 40, Zone);
        var far = await TimeAsync(toRegion.Address, 10, "eu-west-2");
        Assert.True(far.Min() >= Far, $"a call to the Region took {far.Min()}");
        Assert.True(Median(near) < Median(far), $"half of the calls took {Median(near)} at the zone, {Median(far)} at the Region");

        // 3. The other service is answered there as well; what is not placed passes through.
        using (var channel = GrpcChannel.ForAddress(toZone.Address))
        {
            await new ObjectStoreService.ObjectStoreServiceClient(channel).CreateBucketAsync(new CreateBucketRequest { Bucket = "through" });
        }

        await using (var shopper = ChildProcess.Start("node", [Path.Combine(Repository.Root, "clients/examples/node/client.mjs"), toZone.Address.Authority]))
        {
            Assert.Equal(0, await shopper.WaitForExitAsync());
            Assert.All(shopper.Output, line => Assert.Contains(Zone, line, StringComparison.Ordinal));
        }

        // 4. Under load a replica is killed, all are replaced one by one, and one is taken away: no call fails.
        await using (var load = new CallLoad(zone.Address, Classify, Image(7), connections: 1, streamsPerConnection: 4))
        {
            await load.WaitForAsync();
            Process.GetProcessById((int)(await ListAsync(zone, "classifier"))[0].ProcessId).Kill();
            await WaitForAnswersAsync(load, 50);
            await WaitForReplicasAsync(zone, "classifier", 2);
            using var channel = GrpcChannel.ForAddress(zone.AdminAddress);
            var workloads = new WorkloadService.WorkloadServiceClient(channel);
            await workloads.ReplaceWorkloadAsync(new ReplaceWorkloadRequest { Name = "classifier" });
            await WaitForAnswersAsync(load, 50);
            await workloads.ScaleWorkloadAsync(new ScaleWorkloadRequest { Name = "classifier", Replicas = 1 });
            await WaitForAnswersAsync(load, 50);
            Assert.Empty(load.Cuts);
        }

        // 5. The parent is killed: the zone goes on, and says who is away.
        region.Process.Signal(UnixSignal.Kill);
        await zone.Process.WaitForLineAsync("is away");
        await TimeAsync(toZone.Address, 5, Zone);
        using (var channel = GrpcChannel.ForAddress(zone.AdminAddress))
        {
            var nodes = (await new TopologyService.TopologyServiceClient(channel).ListNodesAsync(new ListNodesRequest())).Nodes;
            Assert.Equal([("eu-west-2", NodeState.Lost), (Zone, NodeState.Ready)], nodes.Select(node => (node.Name, node.State)));
        }

        zone.AssertNoUnexpectedErrors();
    }

    [Fact]
    public async Task Zone_KilledAsAWhole_ItsClientsGoToTheRegion()
    {
        var greeter = JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["name"] = "greeter",
            ["services"] = "demo.v1.",
            ["command"] = (string[])[DotNetHost.Path, Path.Combine(AppContext.BaseDirectory, "edgemesh.dll"), "greeter"],
            ["reflection"] = true,
            ["health-interval"] = "100ms",
        });
        await using var region = await StartRegionAsync(greeter);
        await using var zone = await NodeProcess.StartZoneAsync(region, Zone, "--workloads", greeter);
        await WaitForReplicasAsync(region, "greeter", 1);
        await WaitForReplicasAsync(zone, "greeter", 1);
        await MeshCalls.WaitForNodesAsync(region, nodes => nodes.Any(node => node.Name == Zone && node.ZoneGroupEnabled));
        var atZone = (int)(await ListAsync(zone, "greeter"))[0].ProcessId;
        var atRegion = (int)(await ListAsync(region, "greeter"))[0].ProcessId;
        using (var direct = GrpcChannel.ForAddress(zone.Address))
        {
            Assert.Equal(atZone, (await new GreeterService.GreeterServiceClient(direct).GreetAsync(new GreetRequest())).ProcessId);
        }

        // Clients learn that the method is free of side effects from what the mesh tells of it.
        var handler = new EdgeMeshHandler(new EdgeMeshClientOptions { Bootstrap = [zone.Address, region.Address] });
        using var routed = GrpcChannel.ForAddress("http://mesh", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        var client = new GreeterService.GreeterServiceClient(routed);
        await UntilAsync(async () =>
        {
            await client.GreetAsync(new GreetRequest());
            return handler.ReadNodes().Count(node => node.RoundTrip is not null) == 2 && handler.Explain("demo.v1.GreeterService/Greet").IsSideEffectFree;
        });

        zone.Process.Signal(UnixSignal.Kill);
        for (var i = 0; i < 50; i++)
        {
            Assert.Contains((await client.GreetAsync(new GreetRequest(), deadline: DateTime.UtcNow + TestDeadline.Default)).ProcessId, (int[])[atZone, atRegion]);
        }

        // Ejected by what the client saw, or gone from what it was told of the mesh.
        await UntilAsync(() => Task.FromResult(handler.ReadNodes().All(node => node.Name != Zone || node.IsEjected)));
        Assert.Equal(atRegion, (await client.GreetAsync(new GreetRequest(), deadline: DateTime.UtcNow + TestDeadline.Default)).ProcessId);
        region.AssertNoUnexpectedErrors();
    }

    /// <summary>Puts so long a way before a node.</summary>
    private static DelayingRelay Delay(Uri node, TimeSpan roundTrip)
    {
        var relay = new DelayingRelay(_ => new NetworkLink(roundTrip, LossShare: 0), seed: 1);
        relay.LeadTo(new IPEndPoint(IPAddress.Loopback, node.Port));
        return relay;
    }

    private static TimeSpan Median(List<TimeSpan> times) => times.Order().ElementAt(times.Count / 2);

    private Task<NodeProcess> StartRegionAsync(string workload) =>
        NodeProcess.StartRegionAsync(_directory.File("region"), "--admin-listen", "127.0.0.1:0", "--zone-group", "eu-west-2-man-1", "--workloads", workload);

    /// <summary>The inference service. Its method changes nothing, so a call whose replica dies with it may be sent to another.</summary>
    private string Classifier(int replicas)
    {
        var weights = _directory.File("weights.json");
        _model.Save(weights);
        return JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["name"] = "classifier",
            ["services"] = "vision.v1.",
            ["command"] = (string[])["/usr/bin/python3", "-B", Path.Combine(Repository.Root, "tests/EdgeMesh.Scenarios/Zones/classifier/classifier.py"), weights],
            ["replicas"] = replicas,
            ["safe-methods"] = Classify[1..],
            ["health-interval"] = "100ms",
            ["slow-start"] = "0s",
        });
    }

    private static string Shop() => JsonSerializer.Serialize(new Dictionary<string, object>
    {
        ["name"] = "shop",
        ["services"] = "shop.v1.",
        ["command"] = (string[])["/bin/sh", "-c", $"exec node '{Path.Combine(Repository.Root, "clients/examples/node/server.mjs")}' $PORT"],
        ["health-interval"] = "100ms",
    });

    private byte[] Image(int digit) => new BytesValue { Value = ByteString.CopyFrom(DigitModel.Draw(digit, _random)) }.ToByteArray();

    /// <summary>Asks so often, one call after the other, each digit in turn.</summary>
    private async Task<List<TimeSpan>> TimeAsync(Uri address, int count, string node)
    {
        using var channel = GrpcChannel.ForAddress(address);
        await AskAsync(channel, 0);
        var times = new List<TimeSpan>();
        for (var i = 0; i < count; i++)
        {
            var start = TimeProvider.System.GetTimestamp();
            Assert.Equal(node, await AskAsync(channel, i % 10));
            times.Add(TimeProvider.System.GetElapsedTime(start));
        }

        return times;
    }

    /// <summary>Has a drawn digit read; tells which node answered.</summary>
    private async Task<string> AskAsync(GrpcChannel channel, int digit)
    {
        var image = DigitModel.Draw(digit, _random);
        var method = new Method<BytesValue, StringValue>(
            MethodType.Unary, "vision.v1.Classifier", "Classify", Marshallers.Create(message => message.ToByteArray(), BytesValue.Parser.ParseFrom), Marshallers.Create(message => message.ToByteArray(), StringValue.Parser.ParseFrom));
        using var call = channel.CreateCallInvoker().AsyncUnaryCall(method, null, new CallOptions(deadline: DateTime.UtcNow + TestDeadline.Default), new BytesValue { Value = ByteString.CopyFrom(image) });
        Assert.Equal($"{_model.Read(image)}", (await call.ResponseAsync).Value);
        return (await call.ResponseHeadersAsync).GetValue("x-edgemesh-node") ?? "";
    }

    private static async Task<IReadOnlyList<Replica>> ListAsync(NodeProcess node, string workload)
    {
        using var channel = GrpcChannel.ForAddress(node.AdminAddress);
        return [.. (await new WorkloadService.WorkloadServiceClient(channel).ListWorkloadsAsync(new ListWorkloadsRequest { Name = workload })).Workloads.Single().Replicas];
    }

    /// <summary>Waits until so many replicas of a workload take calls.</summary>
    private static Task WaitForReplicasAsync(NodeProcess node, string workload, int count) =>
        UntilAsync(async () => (await ListAsync(node, workload)).Count(replica => replica.State == ReplicaState.Ready) == count);

    private static Task WaitForAnswersAsync(CallLoad load, int more)
    {
        var enough = load.Answered + more;
        return UntilAsync(() => Task.FromResult(load.Answered >= enough));
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var limit = new CancellationTokenSource(2 * TestDeadline.Default);
        while (!await isSo())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Delay(PollInterval, CancellationToken.None);
        }
    }
}

using EdgeMesh.Client.Calls;
using EdgeMesh.Client.Picking;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf;
using Grpc.Core;

namespace EdgeMesh.Client.Tests;

/// <summary>Generated clients through the handler, against nodes in this process.</summary>
public sealed class EdgeMeshHandlerTests : IAsyncLifetime
{
    private readonly List<FakeNode> _nodes = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }
    }

    [Fact]
    public async Task Calls_OfEveryType_GoThroughUnchanged()
    {
        var node = await StartAsync("LHR50-1");
        node.Tell("eu-west-2", node);
        node.OnCall = context =>
        {
            context.ResponseTrailers.Add("x-echo", context.RequestHeaders.GetValue("x-asked") ?? "");
            return context.RequestHeaders.GetValue("x-fail") is null ? Task.CompletedTask : throw new RpcException(new Status(StatusCode.NotFound, "no such thing: ü"));
        };
        using var client = new TestClient([node.Address]);
        var asked = new Metadata { { "x-asked", "why" } };

        using var unary = client.Store.HeadObjectAsync(new HeadObjectRequest { Key = "k" }, asked, TestClient.Deadline);
        Assert.Equal("LHR50-1", (await unary).Info.Bucket);
        Assert.Equal("why", unary.GetTrailers().GetValue("x-echo"));

        using var fault = client.Store.HeadObjectAsync(new HeadObjectRequest(), new Metadata { { "x-fail", "1" } }, TestClient.Deadline);
        var thrown = await Assert.ThrowsAsync<RpcException>(async () => await fault);
        Assert.Equal((StatusCode.NotFound, "no such thing: ü"), (thrown.StatusCode, thrown.Status.Detail));

        using var read = client.Store.ReadObject(new ReadObjectRequest { Key = "k" }, asked, TestClient.Deadline);
        var chunks = new List<string>();
        while (await read.ResponseStream.MoveNext(CancellationToken.None))
        {
            chunks.Add(read.ResponseStream.Current.Chunk.ToStringUtf8());
        }

        Assert.Equal(["", "one", "two"], chunks);
        Assert.Equal("why", read.GetTrailers().GetValue("x-echo"));

        using var write = client.Store.WriteObject(asked, TestClient.Deadline);
        await write.RequestStream.WriteAsync(new WriteObjectRequest { Chunk = ByteString.CopyFromUtf8("abc") });
        await write.RequestStream.WriteAsync(new WriteObjectRequest { Chunk = ByteString.CopyFromUtf8("de") });
        await write.RequestStream.CompleteAsync();
        Assert.Equal(5UL, (await write).Info.SizeBytes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(312)]
    public async Task Calls_LongerThanWhatIsHeld_PassOnce(int maxHeldBytes)
    {
        var node = await StartAsync("LHR50-1");
        node.Tell("eu-west-2", node);
        using var client = new TestClient([node.Address], options => options with { MaxHeldBytes = maxHeldBytes });

        var answer = await client.Store.HeadObjectAsync(new HeadObjectRequest { Key = new string('k', 300) }, deadline: TestClient.Deadline);

        Assert.Equal(300, answer.Info.Key.Length);
        Assert.Equal(1, node.Calls);
    }

    [Fact]
    public async Task Bootstrap_FirstAddressIsDead_AsksTheNext()
    {
        var node = await StartAsync("LHR50-1");
        node.Tell("eu-west-2", node);
        using var client = new TestClient([new Uri($"http://127.0.0.1:{FreePort.Take()}"), node.Address]);

        Assert.Equal("LHR50-1", await client.HeadAsync());
    }

    [Fact]
    public async Task Bootstrap_NobodyTells_IsUnavailableNamingAllAndRecovers()
    {
        var port = FreePort.Take();
        var deadAddress = $"http://127.0.0.1:{port}";
        var unjoined = await StartAsync("CDG50-1");
        using var client = new TestClient([new Uri(deadAddress), unjoined.Address]);

        var fault = await Assert.ThrowsAsync<RpcException>(client.HeadAsync);

        Assert.Equal(StatusCode.Unavailable, fault.StatusCode);
        Assert.Contains($"{deadAddress}: connection refused", fault.Status.Detail, StringComparison.Ordinal);
        Assert.Contains($"{unjoined.Address.GetLeftPart(UriPartial.Authority)}: the node has not joined a Region yet", fault.Status.Detail, StringComparison.Ordinal);

        unjoined.Tell("eu-west-2", unjoined);
        await client.WaitForAsync(nodes => nodes.Count == 1);
        Assert.Equal("CDG50-1", await client.HeadAsync());
    }

    [Fact]
    public async Task Home_KilledUnderLoad_NoSafeCallFails()
    {
        var nodes = await StartMeshAsync("LHR50-1", "CDG50-1", "FRA50-1");
        using var client = new TestClient([nodes[0].Address]);
        await client.WaitForHomeAsync();
        var home = nodes.Single(node => node.Name == client.Home);
        var isOver = false;
        var answered = 0;
        var workers = Enumerable.Range(0, 8).Select(async _ =>
        {
            while (!Volatile.Read(ref isOver))
            {
                await client.HeadAsync();
                Interlocked.Increment(ref answered);
            }
        }).ToList();

        await UntilAsync(() => Volatile.Read(ref answered) > 200, workers);
        await home.DisposeAsync();
        var atDeath = Volatile.Read(ref answered);
        await UntilAsync(() => Volatile.Read(ref answered) > atDeath + 500, workers);
        Volatile.Write(ref isOver, true);
        await Task.WhenAll(workers);

        Assert.NotEqual(home.Name, client.Home);
        Assert.True(client.Handler.ReadNodes().Single(node => node.Name == home.Name).IsEjected);
    }

    [Fact]
    public async Task Home_BecomesABlackHole_SafeCallsGoElsewhereAndItIsEjected()
    {
        var nodes = await StartMeshAsync("LHR50-1", "CDG50-1");
        using var client = new TestClient([nodes[0].Address], options => options with { HomeProbeInterval = TimeSpan.FromMilliseconds(50), ProbeTimeout = TimeSpan.FromSeconds(2) });
        await client.WaitForHomeAsync();
        await client.HeadAsync();
        var home = nodes.Single(node => node.Name == client.Home);

        home.BecomeBlackHole();
        var other = await client.HeadAsync();

        Assert.NotEqual(home.Name, other);
        Assert.True(client.Handler.ReadNodes().Single(node => node.Name == home.Name).IsEjected);
    }

    [Fact]
    public async Task Explain_Key_NamesTheNodeThatTakesItsCalls()
    {
        var nodes = await StartMeshAsync("LHR50-1", "CDG50-1", "FRA50-1");
        using var client = new TestClient([nodes[0].Address], options => options with { Sticky = StickyOptions.ByMetadata("x-user") });
        await client.WaitForHomeAsync();
        await client.WaitForAsync(known => known.Count == 3);

        foreach (var key in Enumerable.Range(0, 10).Select(i => $"{i}"))
        {
            var told = client.Handler.Explain("edgemesh.v1.ObjectStoreService/HeadObject", key).Nodes;
            var answer = await client.Store.HeadObjectAsync(new HeadObjectRequest(), new Metadata { { "x-user", key } }, TestClient.Deadline);

            Assert.Equal((answer.Info.Bucket, 1.0, "takes this key's calls"), (told[0].Status.Name, told[0].Share, told[0].Why));
            Assert.All(told.Skip(1), node => Assert.Equal(0, node.Share));
        }
    }

    [Fact]
    public async Task Home_BecomesABlackHole_CallsBeyondTheRetryBudgetGoElsewhereToo()
    {
        var nodes = await StartMeshAsync("LHR50-1", "CDG50-1");
        using var client = new TestClient([nodes[0].Address], options => options with { HomeProbeInterval = TimeSpan.FromMilliseconds(50), ProbeTimeout = TimeSpan.FromSeconds(2), HedgeShare = 0 });
        await client.WaitForHomeAsync();
        await client.HeadAsync();
        var home = nodes.Single(node => node.Name == client.Home);

        home.BecomeBlackHole();
        var others = await Task.WhenAll(Enumerable.Range(0, 3 * RetryBudget.Reserve).Select(_ => client.HeadAsync()));

        Assert.DoesNotContain(home.Name, others);
    }

    [Fact]
    public async Task LastNode_ThatFails_IsNotEjected()
    {
        var node = await StartAsync("LHR50-1");
        node.Tell("eu-west-2", node);
        using var client = new TestClient([node.Address]);
        await client.HeadAsync();
        var fails = true;
        node.OnCall = _ => Volatile.Read(ref fails) ? throw new RpcException(new Status(StatusCode.Unavailable, "full")) : Task.CompletedTask;
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("full", (await Assert.ThrowsAsync<RpcException>(client.PutAsync)).Status.Detail);
        }

        Assert.False(Assert.Single(client.Handler.ReadNodes()).IsEjected);
        Volatile.Write(ref fails, false);
        Assert.Equal("LHR50-1", await client.PutAsync());
    }

    [Fact]
    public async Task Call_AnsweredUnavailable_GoesToAnotherNodeOnlyIfItIsSafe()
    {
        var nodes = await StartMeshAsync("LHR50-1", "CDG50-1");
        using var client = new TestClient([nodes[0].Address]);
        await client.WaitForHomeAsync();
        var home = nodes.Single(node => node.Name == client.Home);
        var other = nodes.Single(node => node != home);
        home.OnCall = _ => throw new RpcException(new Status(StatusCode.Unavailable, "full"));

        Assert.Equal(other.Name, await client.HeadAsync());
        var fault = await Assert.ThrowsAsync<RpcException>(client.PutAsync);

        Assert.Equal((StatusCode.Unavailable, "full"), (fault.StatusCode, fault.Status.Detail));
        Assert.Equal((2, 1), (home.Calls, other.Calls));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nodes_ThatAnswerUnavailable_AreEjectedOnlyIfOthersCanAnswer(bool isTheOriginAway)
    {
        var nodes = await StartMeshAsync("LHR50-1", "CDG50-1");
        using var client = new TestClient([nodes[0].Address], options => options with { HomeProbeInterval = TimeSpan.FromSeconds(60), ProbeInterval = TimeSpan.FromSeconds(60) });
        await client.WaitForHomeAsync();
        var home = client.Home;
        nodes.ForEach(node => node.OnCall = _ => isTheOriginAway || node.Name == home ? throw new RpcException(new Status(StatusCode.Unavailable, "away")) : Task.CompletedTask);

        for (var i = 0; i < 5; i++)
        {
            if (isTheOriginAway)
            {
                Assert.Equal("away", (await Assert.ThrowsAsync<RpcException>(client.HeadAsync)).Status.Detail);
            }
            else
            {
                Assert.NotEqual(home, await client.HeadAsync());
            }
        }

        Assert.Equal(!isTheOriginAway, client.Handler.ReadNodes().Single(node => node.Name == home).IsEjected);
        Assert.Equal(isTheOriginAway, client.Home == home);
    }

    [Fact]
    public async Task UnsafeCall_NodeDiesWithIt_IsNotSentAgain()
    {
        var nodes = await StartMeshAsync("LHR50-1", "CDG50-1");
        using var client = new TestClient([nodes[0].Address]);
        await client.WaitForHomeAsync();
        var home = nodes.Single(node => node.Name == client.Home);
        var other = nodes.Single(node => node != home);
        var arrived = new TaskCompletionSource();
        home.OnCall = context =>
        {
            arrived.SetResult();
            return Task.Delay(Timeout.Infinite, context.CancellationToken);
        };

        var put = client.PutAsync();
        await arrived.Task.WaitAsync(TestDeadline.Default);
        await home.DisposeAsync();
        var fault = await Assert.ThrowsAsync<RpcException>(() => put);

        Assert.Equal(StatusCode.Unavailable, fault.StatusCode);
        Assert.Contains(home.Name, fault.Status.Detail, StringComparison.Ordinal);
        Assert.Equal((1, 0), (home.Calls, other.Calls));

        // Its connection is refused now: nobody had the next one, which may go elsewhere whatever its method.
        Assert.Equal(other.Name, await client.PutAsync());
        using var write = client.Store.WriteObject(deadline: TestClient.Deadline);
        await write.RequestStream.CompleteAsync();
        Assert.Equal(other.Name, (await write).Info.Bucket);
    }

    [Fact]
    public async Task Topology_ShrinksToNothing_TheLastOneStays()
    {
        var nodes = await StartMeshAsync("LHR50-1", "CDG50-1");
        using var client = new TestClient([nodes[0].Address]);
        await client.WaitForAsync(known => known.Count == 2);

        nodes[0].Tell("eu-west-2", Array.Empty<MeshMember>());
        nodes[1].Tell("eu-west-2", nodes[1]);

        // The first is not believed, so the second is asked.
        await client.WaitForAsync(known => known.Count == 1);
        Assert.Equal("CDG50-1", await client.HeadAsync());
    }

    [Fact]
    public async Task Node_OfAnotherMesh_IsGivenNoCalls()
    {
        var node = await StartAsync("LHR50-1");
        var foreign = await FakeNode.StartAsync("CDG50-1", "us-east-1");
        _nodes.Add(foreign);
        node.Tell("eu-west-2", node, foreign);
        using var client = new TestClient([node.Address], options => options with { HomeProbeInterval = TimeSpan.FromMilliseconds(20), ProbeInterval = TimeSpan.FromMilliseconds(20) });

        await client.WaitForAsync(known => known.Any(one => one.Name == "CDG50-1" && one.IsEjected));

        Assert.Equal("LHR50-1", await client.HeadAsync());
        Assert.Contains("us-east-1", client.Handler.ReadNodes().Single(one => one.Name == "CDG50-1").Fault, StringComparison.Ordinal);
        Assert.Equal(0, foreign.Calls);
    }

    [Fact]
    public async Task Home_Drains_CallsGoElsewhereAndStreamsStay()
    {
        var nodes = await StartMeshAsync("LHR50-1", "CDG50-1");
        using var client = new TestClient([nodes[0].Address], options => options with { HomeProbeInterval = TimeSpan.FromMilliseconds(20) });
        await client.WaitForHomeAsync();
        var home = nodes.Single(node => node.Name == client.Home);
        using var write = client.Store.WriteObject(deadline: TestClient.Deadline);
        await write.RequestStream.WriteAsync(new WriteObjectRequest { Chunk = ByteString.CopyFromUtf8("abc") });

        var leaving = client.Handler.GetLeavingToken(home.Name);
        Assert.False(leaving.IsCancellationRequested);

        home.IsDraining = true;
        await client.WaitForAsync(known => known.Any(node => node.IsHome && node.Name != home.Name));

        await client.WaitForAsync(_ => leaving.IsCancellationRequested);
        Assert.NotEqual(home.Name, await client.HeadAsync());
        await write.RequestStream.CompleteAsync();
        var answer = await write;
        Assert.Equal((home.Name, 3UL), (answer.Info.Bucket, answer.Info.SizeBytes));
    }

    [Fact]
    public async Task Stream_UntilItEnds_IsInFlight()
    {
        var node = await StartAsync("LHR50-1");
        node.Tell("eu-west-2", node);
        var between = new TaskCompletionSource();
        node.BetweenChunks = between.Task;
        using var client = new TestClient([node.Address]);
        using var read = client.Store.ReadObject(new ReadObjectRequest { Key = "k" }, deadline: TestClient.Deadline);
        Assert.True(await read.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(1, Assert.Single(client.Handler.ReadNodes()).InFlight);
        Assert.Equal("LHR50-1", (await read.ResponseHeadersAsync).GetValue("x-edgemesh-node"));

        between.SetResult();
        while (await read.ResponseStream.MoveNext(CancellationToken.None))
        {
        }

        await client.WaitForAsync(nodes => nodes[0].InFlight == 0);
    }

    [Fact]
    public async Task Stream_LeftByItsCaller_IsNoLongerInFlightAndNobodysFault()
    {
        var node = await StartAsync("LHR50-1");
        node.Tell("eu-west-2", node);
        node.BetweenChunks = new TaskCompletionSource().Task;
        using var client = new TestClient([node.Address], options => options with { HomeProbeInterval = TimeSpan.FromSeconds(60), ProbeInterval = TimeSpan.FromSeconds(60) });
        using (var read = client.Store.ReadObject(new ReadObjectRequest { Key = "k" }, deadline: TestClient.Deadline))
        {
            Assert.True(await read.ResponseStream.MoveNext(CancellationToken.None));
        }

        await client.WaitForAsync(nodes => nodes[0].InFlight == 0);
        Assert.Equal((0, null), (client.Handler.ReadNodes()[0].FailureShare, client.Handler.ReadNodes()[0].Fault));
    }

    [Fact]
    public async Task Stream_NodeDiesWithIt_CountsAgainstTheNode()
    {
        var nodes = await StartMeshAsync("LHR50-1", "CDG50-1");
        nodes.ForEach(node => node.BetweenChunks = new TaskCompletionSource().Task);
        using var client = new TestClient([nodes[0].Address], options => options with { HomeProbeInterval = TimeSpan.FromSeconds(60), ProbeInterval = TimeSpan.FromSeconds(60) });
        await client.WaitForHomeAsync();
        var home = nodes.Single(node => node.Name == client.Home);
        using var read = client.Store.ReadObject(new ReadObjectRequest { Key = "k" }, deadline: TestClient.Deadline);
        Assert.True(await read.ResponseStream.MoveNext(CancellationToken.None));

        await home.DisposeAsync();
        await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await read.ResponseStream.MoveNext(CancellationToken.None))
            {
            }
        });

        await client.WaitForAsync(known => known.Single(node => node.Name == home.Name) is { InFlight: 0, FailureShare: > 0 });
    }

    [Fact]
    public void GetLeavingToken_NodeIsUnknown_IsCancelled()
    {
        using var client = new TestClient([new Uri("http://127.0.0.1:1")]);

        Assert.True(client.Handler.GetLeavingToken("LHR50-1").IsCancellationRequested);
    }

    [Fact]
    public async Task Address_OtherThanTheNodeTells_IsCalledWhereItWasReached()
    {
        var node = await StartAsync("LHR50-1");
        node.Tell("eu-west-2", [new MeshMember { Name = node.Name, Address = "http://node.invalid:6401", State = NodeState.Ready }]);
        using var client = new TestClient([node.Address]);

        Assert.Equal("LHR50-1", await client.HeadAsync());
        Assert.Equal(node.Address, Assert.Single(client.Handler.ReadNodes()).Address);
    }

    [Fact]
    public async Task Explain_Method_SaysItsShapeAndWhatAPickMakesOfEachNode()
    {
        var nodes = await StartMeshAsync("LHR50-1", "CDG50-1");
        using var client = new TestClient([nodes[0].Address]);
        await client.WaitForHomeAsync();
        await client.HeadAsync();

        var explained = client.Handler.Explain("edgemesh.v1.ObjectStoreService/HeadObject");
        var unknown = client.Handler.Explain("/shop.v1.Catalog/Get");

        Assert.Equal(("/edgemesh.v1.ObjectStoreService/HeadObject", "eu-west-2", true, true, true), (explained.Method, explained.Region, explained.IsKnown, explained.IsUnary, explained.IsSideEffectFree));
        Assert.Equal((client.Home, PickVerdict.Home), (explained.Nodes[0].Status.Name, explained.Nodes[0].Verdict));
        Assert.Equal((2, 0, null), (explained.Nodes.Count, explained.FurtherNodes, explained.Fault));
        Assert.Equal((false, false, 2), (unknown.IsKnown, unknown.IsUnary, unknown.Nodes.Count));
    }

    [Fact]
    public async Task Explain_NobodyTells_SaysWhoWasAsked()
    {
        var address = new Uri($"http://127.0.0.1:{FreePort.Take()}");
        using var client = new TestClient([address]);
        await Assert.ThrowsAsync<RpcException>(client.HeadAsync);

        var explained = client.Handler.Explain("shop.v1.Catalog/Get");

        Assert.Null(explained.Region);
        Assert.Empty(explained.Nodes);
        Assert.StartsWith($"{address.GetLeftPart(UriPartial.Authority)}: connection refused", explained.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dispose_WhileItRuns_EndsItsWork()
    {
        var nodes = await StartMeshAsync("LHR50-1", "CDG50-1");
        var client = new TestClient([nodes[0].Address]);
        await client.HeadAsync();

        client.Dispose();

        await client.Handler.Watching.WaitAsync(TestDeadline.Default);
        await client.Handler.Probing.WaitAsync(TestDeadline.Default);
        Assert.Empty(client.Handler.ReadNodes());
    }

    private static async Task UntilAsync(Func<bool> isSo, List<Task> workers)
    {
        using var limit = new CancellationTokenSource(TestDeadline.Default);
        while (!isSo())
        {
            limit.Token.ThrowIfCancellationRequested();
            if (workers.FirstOrDefault(worker => worker.IsFaulted) is { } failed)
            {
                await failed;
            }

            await Task.Delay(5);
        }
    }

    private async Task<FakeNode> StartAsync(string name)
    {
        var node = await FakeNode.StartAsync(name);
        _nodes.Add(node);
        return node;
    }

    private async Task<List<FakeNode>> StartMeshAsync(params string[] names)
    {
        var mesh = new List<FakeNode>();
        foreach (var name in names)
        {
            mesh.Add(await StartAsync(name));
        }

        mesh.ForEach(node => node.Tell("eu-west-2", mesh));
        return mesh;
    }
}

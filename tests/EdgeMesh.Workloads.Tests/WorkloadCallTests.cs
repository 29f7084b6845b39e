using EdgeMesh.Relay;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.Wire;

namespace EdgeMesh.Workloads.Tests;

/// <summary>Calls to workloads registered by address: where they go, and what becomes of those whose replica fails.</summary>
public sealed class WorkloadCallTests
{
    [Fact]
    public async Task Calls_TwoWellReplicas_GoToBoth()
    {
        await using var one = await LocalReplica.StartAsync();
        await using var two = await LocalReplica.StartAsync();
        await using var shop = await RunningWorkload.StartAsync(one, two);

        // Both at once, or the first might be done before the second begins.
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        one.Handler = two.Handler = async context =>
        {
            await gate.Task;
            await LocalReplica.AnswerAsync(context);
        };
        var first = shop.CallToEndAsync();
        var second = shop.CallToEndAsync();
        await shop.WaitAsync(() => one.Calls + two.Calls == 2);
        gate.SetResult();

        Assert.Equal(["0", "0"], await Task.WhenAll(first, second));
        Assert.Equal((1, 1), (one.Calls, two.Calls));
        Assert.Equal(0, shop.Workload.InFlight);
        Assert.Equal(2, shop.Workload.Calls);
    }

    [Fact]
    public async Task UnsafeCall_ReplicaTakesNoConnection_GoesToTheOtherAndTheFirstIsEjected()
    {
        await using var well = await LocalReplica.StartAsync();
        var gone = await LocalReplica.StartAsync();
        await using var shop = await RunningWorkload.StartAsync(RunningWorkload.Quick with
        {
            Addresses = [new(gone.Address), new(well.Address)],

            // Probes must not be first to know.
            HealthInterval = TimeSpan.FromHours(1),
        });
        await gone.DisposeAsync();

        for (var i = 0; i < 50; i++)
        {
            Assert.Equal("0", await shop.CallToEndAsync());
        }

        Assert.Equal(50, well.Calls);
        Assert.Equal(1, shop.Workload.Ejections);
        Assert.Equal(1, shop.Workload.Retries);
        Assert.Equal(ReplicaState.Ejected, shop.Replicas[0].State);
    }

    [Fact]
    public async Task SafeCall_ReplicaGoesBeforeItsAnswer_IsSentToTheOther()
    {
        await using var bad = await LocalReplica.StartAsync(LocalReplica.LoseAsync);
        await using var well = await LocalReplica.StartAsync();
        await using var shop = await RunningWorkload.StartAsync(bad, well);
        shop.Table.IsSideEffectFree = path => path == "/shop.v1.Catalog/Get";

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("0", await shop.CallToEndAsync());
        }

        Assert.Equal(20, well.Calls);
        Assert.Equal(bad.Calls, shop.Workload.Retries);
    }

    [Fact]
    public async Task UnsafeCall_ReplicaGoesBeforeItsAnswer_FailsAndNamesIt()
    {
        await using var bad = await LocalReplica.StartAsync(LocalReplica.LoseAsync);
        await using var shop = await RunningWorkload.StartAsync(bad);

        var fault = await Assert.ThrowsAsync<UpstreamPlaceException>(() => shop.CallToEndAsync());

        Assert.Equal($"replica shop-1 of workload shop at {bad.Address.GetLeftPart(UriPartial.Authority)}", fault.Place);
        Assert.Equal(1, bad.Calls);
        Assert.Equal(0, shop.Workload.InFlight);
    }

    [Fact]
    public async Task Stream_ReplicaGoesInTheMiddle_FailsAndNamesIt()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var bad = await LocalReplica.StartAsync(async context =>
        {
            context.Response.ContentType = "application/grpc";
            await context.Response.BodyWriter.WriteAsync(new byte[5]);
            await begun.Task;
            await LocalReplica.LoseAsync(context);
        });
        await using var shop = await RunningWorkload.StartAsync(bad);
        using var response = await shop.CallAsync();
        await using var body = await response.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(new byte[5]);
        Assert.Equal(1, shop.Workload.InFlight);
        begun.SetResult();

        var fault = await Assert.ThrowsAsync<UpstreamPlaceException>(() => body.ReadAsync(new byte[1]).AsTask());

        Assert.Contains("replica shop-1 of workload shop", fault.Place, StringComparison.Ordinal);
        Assert.Equal(0, shop.Workload.InFlight);
        Assert.Equal(1, shop.Workload.Failures);
    }

    [Fact]
    public async Task Calls_ReplicaAnswersUnavailable_IsEjectedAndComesBack()
    {
        await using var bad = await LocalReplica.StartAsync(context => LocalReplica.FailAsync(context, "14"));
        await using var well = await LocalReplica.StartAsync();
        await using var shop = await RunningWorkload.StartAsync(RunningWorkload.Quick with { Addresses = [new(bad.Address), new(well.Address)], EjectAfter = 3, EjectFor = TimeSpan.FromSeconds(1) });
        while (shop.Workload.Ejections == 0)
        {
            await shop.CallToEndAsync();
        }

        Assert.Equal(3, bad.Calls);
        bad.Handler = LocalReplica.AnswerAsync;
        await shop.WaitAsync(() => shop.Replicas.All(replica => replica.State == ReplicaState.Ready));
        Assert.Equal(1, shop.Workload.Ejections);
    }

    [Fact]
    public async Task Calls_TheOnlyReplicaFails_ItIsNotEjected()
    {
        await using var bad = await LocalReplica.StartAsync(context => LocalReplica.FailAsync(context, "14"));
        await using var shop = await RunningWorkload.StartAsync(bad);

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("14", await shop.CallToEndAsync());
        }

        Assert.Equal(0, shop.Workload.Ejections);
        Assert.True(shop.Workload.IsServing);
    }

    [Fact]
    public async Task Probe_NotServing_TakesTheReplicaOutAndServingBringsItBack()
    {
        await using var one = await LocalReplica.StartAsync();
        await using var shop = await RunningWorkload.StartAsync(one);
        var changes = 0;
        shop.Table.ServingChanged += () => Interlocked.Increment(ref changes);

        one.HealthStatus = "14";
        await shop.WaitAsync(() => !shop.Workload.IsServing);
        Assert.Contains("workload shop has no well replica at eu-west-2: shop-1 is unhealthy (answers its health check with UNAVAILABLE", shop.Workload.DescribeUnwell(), StringComparison.Ordinal);

        one.HealthStatus = "12";
        await shop.WaitAsync(() => shop.Workload.IsServing);
        Assert.Equal(2, changes);
    }

    [Fact]
    public async Task Drain_CallRuns_WaitsForItAndTakesNoMore()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var one = await LocalReplica.StartAsync(async context =>
        {
            await gate.Task;
            await LocalReplica.AnswerAsync(context);
        });
        await using var shop = await RunningWorkload.StartAsync(one);
        var call = shop.CallToEndAsync();
        await shop.WaitAsync(() => one.Calls == 1);

        var draining = shop.Workload.DrainAsync(CancellationToken.None);
        await shop.WaitAsync(() => !shop.Workload.IsServing);
        Assert.False(draining.IsCompleted);
        gate.SetResult();

        Assert.Equal("0", await call);
        await draining;
        await shop.Workload.StartAsync(CancellationToken.None);
        await shop.WaitAsync(() => shop.Workload.IsServing);
    }

    [Fact]
    public async Task Router_NoReplicaIsWell_GoesElsewhereOrSaysWhy()
    {
        await using var parent = await LocalReplica.StartAsync();
        await using var one = await LocalReplica.StartAsync();
        await using var shop = await RunningWorkload.StartAsync(one);
        using var handler = UpstreamHandler.Create();
        using var invoker = new HttpMessageInvoker(handler);
        var otherwise = new OtherRouter(new Upstream("the parent", parent.Address, invoker));
        var router = new WorkloadRouter(shop.Table, otherwise);
        Assert.Same(shop.Workload.Upstream, router.Route("/shop.v1.Catalog/Get").Upstream);
        Assert.Same(otherwise.Parent, router.Route("/other.v1.Service/Get").Upstream);

        // A call that was routed before its replica went.
        await one.DisposeAsync();
        Assert.Equal("0", await shop.CallToEndAsync());
        Assert.Equal(1, parent.Calls);

        await shop.WaitAsync(() => !shop.Workload.IsServing);
        Assert.Same(otherwise.Parent, router.Route("/shop.v1.Catalog/Get").Upstream);
        Assert.True(shop.Workload.Fallbacks >= 2);
        otherwise.Parent = null;
        var refused = router.Route("/shop.v1.Catalog/Get");
        Assert.Equal(GrpcStatusCode.Unavailable, refused.Refusal);
        Assert.Contains("shop-1", refused.Message, StringComparison.Ordinal);
    }

    private sealed class OtherRouter(Upstream? parent) : IUpstreamRouter
    {
        public Upstream? Parent { get; set; } = parent;

        public IEnumerable<Upstream> Upstreams => Parent is null ? [] : [Parent];

        public RelayRoute Route(string path) => Parent is null ? RelayRoute.Refuse(GrpcStatusCode.Unimplemented, "nobody has it") : RelayRoute.To(Parent);
    }
}

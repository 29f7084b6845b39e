using System.Diagnostics.Metrics;
using EdgeMesh.Client.DependencyInjection;
using EdgeMesh.V1;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeMesh.Client.Tests.DependencyInjection;

public sealed class EdgeMeshExtensionsTests : IAsyncLifetime
{
    private FakeNode _node = null!;

    public async Task InitializeAsync()
    {
        _node = await FakeNode.StartAsync("LHR50-1");
        _node.Tell("eu-west-2", _node);
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task AddEdgeMesh_ClientsOfTheFactory_ShareOneHandlerThatOutlivesTheirs()
    {
        var services = new ServiceCollection().AddEdgeMesh(Options());
        services.AddHttpClient("first").AddEdgeMesh();
        services.AddHttpClient("second").AddEdgeMesh();
        await using var provider = services.BuildServiceProvider();
        var factory = provider.GetRequiredService<IHttpClientFactory>();

        Assert.Equal("LHR50-1", await HeadAsync(factory.CreateClient("first")));
        new SharedHandler(provider.GetRequiredService<EdgeMeshHandler>()).Dispose();
        Assert.Equal("LHR50-1", await HeadAsync(factory.CreateClient("second")));

        Assert.Equal("LHR50-1", Assert.Single(provider.GetRequiredService<EdgeMeshHandler>().ReadNodes()).Name);
        Assert.Equal(2, _node.Calls);
    }

    [Fact]
    public async Task AddEdgeMesh_SeveralMeshes_AreToldApartByName()
    {
        var other = await FakeNode.StartAsync("IAD10-1", "us-east-1");
        other.Tell("us-east-1", other);
        var services = new ServiceCollection().AddEdgeMesh(Options(), "eu").AddEdgeMesh(_ => new EdgeMeshClientOptions { Bootstrap = [other.Address] }, "us");
        services.AddHttpClient("catalog").AddEdgeMesh("us");
        await using var provider = services.BuildServiceProvider();

        Assert.Equal("IAD10-1", await HeadAsync(provider.GetRequiredService<IHttpClientFactory>().CreateClient("catalog")));
        Assert.Null(provider.GetService<EdgeMeshHandler>());
        Assert.NotSame(provider.GetRequiredKeyedService<EdgeMeshHandler>("eu"), provider.GetRequiredKeyedService<EdgeMeshHandler>("us"));
        await other.DisposeAsync();
    }

    [Fact]
    public async Task AddEdgeMesh_ContainerEnds_SoDoesItsHandler()
    {
        var provider = new ServiceCollection().AddMetrics().AddEdgeMesh(Options()).BuildServiceProvider();
        var handler = provider.GetRequiredService<EdgeMeshHandler>();
        var meter = provider.GetRequiredService<IMeterFactory>().Create("EdgeMesh.Client");
        using var listener = new MeterListener();
        var published = new List<string>();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter == meter)
            {
                published.Add(instrument.Name);
            }
        };
        listener.Start();
        Assert.Contains("edgemesh.client.attempts", published);

        await provider.DisposeAsync();

        using var invoker = new HttpMessageInvoker(handler);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => invoker.SendAsync(new HttpRequestMessage(HttpMethod.Post, "http://mesh/a.B/C"), CancellationToken.None));
    }

    private EdgeMeshClientOptions Options() => new() { Bootstrap = [_node.Address] };

    private static async Task<string> HeadAsync(HttpClient client)
    {
        using var channel = GrpcChannel.ForAddress("http://mesh", new GrpcChannelOptions { HttpClient = client });
        return (await new ObjectStoreService.ObjectStoreServiceClient(channel).HeadObjectAsync(new HeadObjectRequest { Key = "k" }, deadline: TestClient.Deadline)).Info.Bucket;
    }
}

using System.Diagnostics;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Grpc.Net.Client;

namespace EdgeMesh.Client.Tests;

/// <summary>A generated client over a handler, as users have it.</summary>
internal sealed class TestClient : IDisposable
{
    private readonly GrpcChannel _channel;

    /// <summary>Makes one.</summary>
    /// <param name="bootstrap">Whom it asks.</param>
    /// <param name="change">Changes the options. Unless it does, nobody is given up for a late probe: the machine may be busy.</param>
    public TestClient(IReadOnlyList<Uri> bootstrap, Func<EdgeMeshClientOptions, EdgeMeshClientOptions>? change = null)
    {
        var options = new EdgeMeshClientOptions { Bootstrap = bootstrap, ProbeTimeout = TimeSpan.FromSeconds(20) };
        Handler = new EdgeMeshHandler(change?.Invoke(options) ?? options);
        _channel = GrpcChannel.ForAddress("http://mesh", new GrpcChannelOptions { HttpHandler = Handler, DisposeHttpClient = true });
        Store = new ObjectStoreService.ObjectStoreServiceClient(_channel);
    }

    public EdgeMeshHandler Handler { get; }

    public ObjectStoreService.ObjectStoreServiceClient Store { get; }

    public string Home => Handler.ReadNodes().SingleOrDefault(node => node.IsHome)?.Name ?? "";

    public static DateTime Deadline => DateTime.UtcNow + TestDeadline.Default;

    /// <summary>A call without side effects; answers with the node that took it.</summary>
    public async Task<string> HeadAsync() => (await Store.HeadObjectAsync(new HeadObjectRequest { Bucket = "b", Key = "k" }, deadline: Deadline)).Info.Bucket;

    /// <summary>A call with side effects.</summary>
    public async Task<string> PutAsync() => (await Store.PutObjectAsync(new PutObjectRequest { Spec = new ObjectSpec { Bucket = "b", Key = "k" } }, deadline: Deadline)).Info.Bucket;

    /// <summary>Waits until the search for the nearest is over.</summary>
    public Task WaitForHomeAsync() => Handler.WaitForNearestAsync(CancellationToken.None).WaitAsync(TestDeadline.Default);

    /// <summary>Waits until the client knows something of its nodes.</summary>
    public async Task WaitForAsync(Func<IReadOnlyList<NodeStatus>, bool> isSo)
    {
        var start = Stopwatch.GetTimestamp();
        while (!isSo(Handler.ReadNodes()))
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TestDeadline.Default, string.Join('\n', Handler.ReadNodes()));
            await Task.Delay(10);
        }
    }

    public void Dispose() => _channel.Dispose();
}

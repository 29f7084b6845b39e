using System.Net;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf;
using Grpc.Net.Client;

namespace EdgeMesh.Scenarios.Hostile;

/// <summary>Requests that stall, and streams that rest: neither harms those that share a connection with them.</summary>
public sealed class StalledRequestTests : IDisposable
{
    // The web server's grace for a slow body is 5 s, and it looks once a second: a limit of its own clock, which nothing here can move on.
    private static readonly TimeSpan BeyondTheServersGrace = TimeSpan.FromSeconds(7.5);

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Unary_WithoutItsMessage_LeavesStreamsOfItsConnectionsAlone()
    {
        await using var region = await NodeProcess.StartRegionAsync(_directory.Path);
        await using var edge = await NodeProcess.StartEdgeAsync(region, "LHR50-1");
        await edge.Process.WaitForLineAsync("Joined Region");
        using var handler = new SocketsHttpHandler();
        using var client = new HttpClient(handler, disposeHandler: false);
        using var channel = GrpcChannel.ForAddress(edge.Address, new GrpcChannelOptions { HttpHandler = handler });
        var store = new ObjectStoreService.ObjectStoreServiceClient(channel);
        await store.CreateBucketAsync(new CreateBucketRequest { Bucket = "demo" });

        // 1. A stream that has begun and rests, and beside it a unary call whose message does not come: on one connection here, and one from the edge to the Region.
        using var upload = store.WriteObject();
        await upload.RequestStream.WriteAsync(new WriteObjectRequest { Spec = new ObjectSpec { Bucket = "demo", Key = "rested" } });
        using var giveUp = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(edge.Address, AttackedMesh.GetObject)) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new StalledContent() };
        var stalled = client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, giveUp.Token);
        await Task.Delay(BeyondTheServersGrace);

        // 2. Both stand, and the stream goes on to its end.
        Assert.False(stalled.IsCompleted);
        await upload.RequestStream.WriteAsync(new WriteObjectRequest { Chunk = ByteString.CopyFromUtf8("late") });
        await upload.RequestStream.CompleteAsync();
        Assert.Equal("rested", (await upload.ResponseAsync.WaitAsync(TestDeadline.Default)).Info.Key);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stalled);
        edge.AssertNoUnexpectedErrors();
        region.AssertNoUnexpectedErrors();
    }

    /// <summary>A body of which nothing comes until the call is given up.</summary>
    private sealed class StalledContent : HttpContent
    {
        public StalledContent() => Headers.TryAddWithoutValidation("content-type", "application/grpc");

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => throw new NotSupportedException();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.FlushAsync(cancellationToken);
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}

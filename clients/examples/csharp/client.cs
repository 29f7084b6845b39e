#:project ../../EdgeMesh.Client/EdgeMesh.Client.csproj
#:project ../../../protos/EdgeMesh.Stubs/EdgeMesh.Stubs.csproj
#:property PublishAot=false

// An ordinary generated client that routes by itself: it asks any of the given nodes who is in the mesh, and calls the nearest.
//
// Run:  dotnet run clients/examples/csharp/client.cs http://127.0.0.1:6401 [http://127.0.0.1:6402 ...]
//
// Stop the node that it shows as its home while it runs: the calls go on at the next one.

using System.Diagnostics;
using EdgeMesh.Client;
using EdgeMesh.V1;
using Grpc.Net.Client;

var options = new EdgeMeshClientOptions { Bootstrap = [.. args.Select(address => new Uri(address))] };
using var handler = new EdgeMeshHandler(options);
using var channel = GrpcChannel.ForAddress("http://mesh", new GrpcChannelOptions { HttpHandler = handler });
var store = new ObjectStoreService.ObjectStoreServiceClient(channel);

for (var i = 0; i < 20; i++)
{
    var start = Stopwatch.GetTimestamp();
    var buckets = await store.ListBucketsAsync(new ListBucketsRequest(), deadline: DateTime.UtcNow.AddSeconds(5));
    var home = handler.ReadNodes().Single(node => node.IsHome);
    var nearness = home.RoundTrip is { } roundTrip ? $"{roundTrip.TotalMilliseconds:0.00} ms away" : "not measured yet";
    Console.WriteLine($"{buckets.Buckets.Count} buckets, {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0.0} ms, home {home.Name}, {nearness}");
    await Task.Delay(500);
}

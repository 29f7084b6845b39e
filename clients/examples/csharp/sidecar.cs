#:project ../../../protos/EdgeMesh.Stubs/EdgeMesh.Stubs.csproj
#:property PublishAot=false

// An ordinary generated client that knows nothing of routing: it calls a sidecar on its own machine, which leads its calls to the nearest well node.
//
// Once:  edgemesh route --mesh http://127.0.0.1:6401,http://127.0.0.1:6402
// Run:   dotnet run clients/examples/csharp/sidecar.cs [http://127.0.0.1:6440]

using System.Diagnostics;
using EdgeMesh.V1;
using Grpc.Net.Client;

using var channel = GrpcChannel.ForAddress(args is [var target] ? target : "http://127.0.0.1:6440");
var store = new ObjectStoreService.ObjectStoreServiceClient(channel);

for (var i = 0; i < 20; i++)
{
    var start = Stopwatch.GetTimestamp();
    using var call = store.ListBucketsAsync(new ListBucketsRequest(), deadline: DateTime.UtcNow.AddSeconds(5));
    var buckets = await call;
    var node = (await call.ResponseHeadersAsync).GetValue("x-edgemesh-node") ?? "a Region";
    Console.WriteLine($"{buckets.Buckets.Count} buckets, {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0.0} ms, from {node}");
    await Task.Delay(500);
}

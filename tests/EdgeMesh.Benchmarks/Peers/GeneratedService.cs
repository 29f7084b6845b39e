using System.Security.Cryptography;
using EdgeMesh.Benchmarks.Load;
using EdgeMesh.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace EdgeMesh.Benchmarks.Peers;

/// <summary>What a team writes that caches in its service: a generated base class and a MemoryCache, on the gRPC stack that this build uses.</summary>
internal sealed class GeneratedService : Peer
{
    /// <summary>The hidden command that runs the server in a process of its own; its arguments are sizes in bytes.</summary>
    public const string ServeCommand = "serve-generated";

    private Uri? _address;

    /// <inheritdoc/>
    public override string Name => "generated";

    /// <inheritdoc/>
    public override string Description => "a generated C# service that answers GetObject from a MemoryCache";

    /// <summary>Serves until standard input ends.</summary>
    public static Task<int> ServeAsync(IEnumerable<int> sizes)
    {
        var cache = new MemoryCache(Options.Create(new MemoryCacheOptions()));
        foreach (var size in sizes)
        {
            cache.Set(ObjectCalls.Request(size).Key, new GetObjectResponse { Content = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(size)) });
        }

        return KestrelProcess.ServeAsync(
            services =>
            {
                services.AddRoutingCore();
                services.AddGrpc();
                services.AddSingleton<IMemoryCache>(cache);
            },
            app =>
            {
                app.UseRouting();
                app.MapGrpcService<CachedObjects>();
            });
    }

    /// <inheritdoc/>
    public override async Task StartAsync(IReadOnlyList<int> sizes) =>
        _address = await KestrelProcess.WaitAsync(StartBeside(isServing: true, KestrelProcess.Assembly, KestrelProcess.Arguments(ServeCommand, sizes)));

    /// <inheritdoc/>
    public override LoadTarget Target(int sizeBytes) => ObjectCalls.Target(_address!, sizeBytes);

    /// <inheritdoc/>
    public override GhzTarget? GhzTarget(int sizeBytes) => ObjectCalls.GhzTarget(_address!, sizeBytes);

    private sealed class CachedObjects(IMemoryCache cache) : ObjectStoreService.ObjectStoreServiceBase
    {
        public override Task<GetObjectResponse> GetObject(GetObjectRequest request, ServerCallContext context) =>
            cache.TryGetValue(request.Key, out GetObjectResponse? found)
                ? Task.FromResult(found!)
                : throw new RpcException(new Status(StatusCode.NotFound, request.Key));
    }
}

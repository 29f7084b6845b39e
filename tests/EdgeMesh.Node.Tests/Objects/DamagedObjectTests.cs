using EdgeMesh.Node.CommandLine;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Node.Tests.Objects;

/// <summary>A store whose contents do not have the SHA-256 that it states: the tool must notice.</summary>
public sealed class DamagedObjectTests : IAsyncLifetime
{
    private readonly WebApplication _server;

    public DamagedObjectTests()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        _server = builder.Build();
        _server.MapGrpcService<LyingStore>();
    }

    private string Target => _server.Urls.Single();

    public Task InitializeAsync() => _server.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("small")]
    [InlineData("large")]
    public async Task Get_DamagedContent_FailsAndKeepsNothing(string key)
    {
        using var directory = new TempDirectory();
        var local = directory.File("copy");

        var get = await CliRun.Of("get", $"bucket/{key}", local, "--to", Target);

        Assert.Equal(ExitCodes.Failed, get.ExitCode);
        Assert.Equal($"edgemesh: bucket/{key} arrived damaged: its SHA-256 differs. The copy was not kept.", get.Error.TrimEnd());
        Assert.Empty(Directory.GetFiles(directory.Path));
    }

    [Fact]
    public async Task Put_StoredOtherwise_Fails()
    {
        var put = await CliRun.With([], new byte[5_000_000], "put", "-", "bucket/k", "--to", Target);

        Assert.Equal(ExitCodes.Failed, put.ExitCode);
        Assert.Equal("edgemesh: bucket/k was stored, but not as it was sent: its SHA-256 differs.", put.Error.TrimEnd());
    }

    [Fact]
    public async Task Put_RefusedWhileItStreams_SaysWhy()
    {
        var put = await CliRun.With([], new byte[50_000_000], "put", "-", "bucket/refused", "--to", Target);

        Assert.Equal(ExitCodes.Failed, put.ExitCode);
        Assert.Equal($"edgemesh: {Target} answered PERMISSION_DENIED: not today", put.Error.TrimEnd());
    }

    private sealed class LyingStore : ObjectStoreService.ObjectStoreServiceBase
    {
        private static readonly ByteString WrongHash = ByteString.CopyFrom(new byte[32]);

        public override Task<GetObjectResponse> GetObject(GetObjectRequest request, ServerCallContext context) => request.Key == "large"
            ? throw new RpcException(new Status(StatusCode.ResourceExhausted, "use ReadObject"))
            : Task.FromResult(new GetObjectResponse { Info = Info(request.Bucket, request.Key), Content = ByteString.CopyFromUtf8("x") });

        public override async Task ReadObject(ReadObjectRequest request, IServerStreamWriter<ReadObjectResponse> responseStream, ServerCallContext context)
        {
            await responseStream.WriteAsync(new ReadObjectResponse { Info = Info(request.Bucket, request.Key) });
            await responseStream.WriteAsync(new ReadObjectResponse { Chunk = ByteString.CopyFromUtf8("x") });
        }

        public override async Task<WriteObjectResponse> WriteObject(IAsyncStreamReader<WriteObjectRequest> requestStream, ServerCallContext context)
        {
            await requestStream.MoveNext(context.CancellationToken);
            var spec = requestStream.Current.Spec;
            if (spec.Key == "refused")
            {
                throw new RpcException(new Status(StatusCode.PermissionDenied, "not today"));
            }

            while (await requestStream.MoveNext(context.CancellationToken))
            {
                // Taken, and forgotten.
            }

            return new WriteObjectResponse { Info = Info(spec.Bucket, spec.Key) };
        }

        private static ObjectInfo Info(string bucket, string key) => new() { Bucket = bucket, Key = key, SizeBytes = 1, Sha256 = WrongHash };
    }
}

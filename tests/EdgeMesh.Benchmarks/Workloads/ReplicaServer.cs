using System.Globalization;
using System.Net;
using EdgeMesh.Benchmarks.Peers;
using EdgeMesh.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Benchmarks.Workloads;

/// <summary>A replica that a node runs: listens where <c>PORT</c> says, takes a millisecond for a call, and ends with SIGTERM.</summary>
internal static class ReplicaServer
{
    /// <summary>The hidden command that runs it: bytes of an answer.</summary>
    public const string ServeCommand = "serve-replica";

    // So that there are always calls that a replica takes with it when it is killed.
    private static readonly TimeSpan CallTime = TimeSpan.FromMilliseconds(1);

    /// <summary>Serves until it is to end.</summary>
    public static async Task<int> ServeAsync(string sizeBytes)
    {
        var answer = BareKestrel.MakeAnswer(int.Parse(sizeBytes, CultureInfo.InvariantCulture));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, int.Parse(Environment.GetEnvironmentVariable("PORT")!, CultureInfo.InvariantCulture), listener => listener.Protocols = HttpProtocols.Http2));
        await using var app = builder.Build();
        app.Run(async context =>
        {
            context.Response.ContentType = HeaderNames.GrpcContentType;
            if (context.Request.Path.StartsWithSegments("/grpc.health.v1.Health", StringComparison.Ordinal))
            {
                context.Response.Headers[HeaderNames.GrpcStatus] = "12";
                return;
            }

            await context.Request.Body.CopyToAsync(Stream.Null);
            await Task.Delay(CallTime);
            context.Response.AppendTrailer(HeaderNames.GrpcStatus, "0");
            await context.Response.BodyWriter.WriteAsync(answer);
        });
        await app.RunAsync();
        return 0;
    }
}

using System.Globalization;
using EdgeMesh.Benchmarks.Peers;
using EdgeMesh.Testing;
using EdgeMesh.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace EdgeMesh.Benchmarks.Workloads;

/// <summary>A replica whose every call takes a given time, without a processor: so that its speed is what the test says, on any machine.</summary>
internal static class DelayedReplica
{
    /// <summary>The hidden command that runs it: bytes of an answer, milliseconds.</summary>
    public const string ServeCommand = "serve-delayed";

    /// <summary>Serves until standard input ends.</summary>
    public static Task<int> ServeAsync(string sizeBytes, string milliseconds)
    {
        var answer = BareKestrel.MakeAnswer(int.Parse(sizeBytes, CultureInfo.InvariantCulture));
        var delay = TimeSpan.FromMilliseconds(int.Parse(milliseconds, CultureInfo.InvariantCulture));
        return KestrelProcess.ServeAsync(_ => { }, app => app.Run(async context =>
        {
            context.Response.ContentType = HeaderNames.GrpcContentType;
            if (context.Request.Path.StartsWithSegments("/grpc.health.v1.Health", StringComparison.Ordinal))
            {
                context.Response.Headers[HeaderNames.GrpcStatus] = "12";
                return;
            }

            await context.Request.Body.CopyToAsync(Stream.Null);
            await Task.Delay(delay);
            context.Response.AppendTrailer(HeaderNames.GrpcStatus, "0");
            await context.Response.BodyWriter.WriteAsync(answer);
        }));
    }

    /// <summary>Starts one.</summary>
    public static ChildProcess Start(int sizeBytes, int milliseconds) => ChildProcess.Start(
        DotNetHost.Path, [Path.Combine(AppContext.BaseDirectory, KestrelProcess.Assembly), ServeCommand, sizeBytes.ToString(CultureInfo.InvariantCulture), milliseconds.ToString(CultureInfo.InvariantCulture)]);
}

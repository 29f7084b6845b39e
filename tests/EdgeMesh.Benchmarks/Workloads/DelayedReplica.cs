using System.Globalization;
using System.Net;
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

    private const string CountPath = "/calls";

    /// <summary>Serves until standard input ends.</summary>
    public static Task<int> ServeAsync(string sizeBytes, string milliseconds)
    {
        var answer = BareKestrel.MakeAnswer(int.Parse(sizeBytes, CultureInfo.InvariantCulture));
        var delay = TimeSpan.FromMilliseconds(int.Parse(milliseconds, CultureInfo.InvariantCulture));
        var calls = 0L;
        return KestrelProcess.ServeAsync(_ => { }, app => app.Run(async context =>
        {
            if (context.Request.Path == CountPath)
            {
                await context.Response.WriteAsync(Volatile.Read(ref calls).ToString(CultureInfo.InvariantCulture));
                return;
            }

            context.Response.ContentType = HeaderNames.GrpcContentType;
            if (context.Request.Path.StartsWithSegments("/grpc.health.v1.Health", StringComparison.Ordinal))
            {
                context.Response.Headers[HeaderNames.GrpcStatus] = "12";
                return;
            }

            Interlocked.Increment(ref calls);
            await context.Request.Body.CopyToAsync(Stream.Null);
            await Task.Delay(delay);
            context.Response.AppendTrailer(HeaderNames.GrpcStatus, "0");
            await context.Response.BodyWriter.WriteAsync(answer);
        }));
    }

    /// <summary>How many calls one has had, probes not counted.</summary>
    public static async Task<long> ReadCallsAsync(Uri replica)
    {
        using var client = new HttpClient { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        return long.Parse(await client.GetStringAsync(new Uri(replica, CountPath)), CultureInfo.InvariantCulture);
    }

    /// <summary>Starts one.</summary>
    public static ChildProcess Start(int sizeBytes, int milliseconds) => ChildProcess.Start(
        DotNetHost.Path, [Path.Combine(AppContext.BaseDirectory, KestrelProcess.Assembly), ServeCommand, sizeBytes.ToString(CultureInfo.InvariantCulture), milliseconds.ToString(CultureInfo.InvariantCulture)]);
}

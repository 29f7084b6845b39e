using System.Globalization;
using System.Net;
using EdgeMesh.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Scenarios.Purges;

/// <summary>Edges behind an edge, an origin that waits when a test wants that, and raw calls.</summary>
internal static class TierCalls
{
    private const string Path = "/shop.v1.Catalog/Get";

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>Starts an edge behind another.</summary>
    public static Task<NodeProcess> StartLeafAsync(NodeProcess shield, string name) => NodeProcess.StartAsync(
        "edge", "--name", name, "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--cache-bytes", "16MiB",
        "--upstream", shield.Address.GetLeftPart(UriPartial.Authority), "--upstream-admin", shield.AdminAddress.GetLeftPart(UriPartial.Authority));

    /// <summary>Starts an origin that answers with what it was asked, fresh for ten minutes.</summary>
    /// <param name="answer">Told of each message before its answer goes: gives the answer's frame, null for the message itself; may set headers, and with grpc-status among them they are the answer.</param>
    public static async Task<WebApplication> StartOriginAsync(Func<string, HttpContext, Task<byte[]?>> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listener => listener.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            context.Response.ContentType = "application/grpc";
            context.Response.Headers.CacheControl = "max-age=600";
            var frame = await answer(System.Text.Encoding.UTF8.GetString(body.ToArray().AsSpan(5)), context) ?? body.ToArray();
            if (context.Response.Headers.ContainsKey("grpc-status"))
            {
                return;
            }

            await context.Response.Body.WriteAsync(frame);
            context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers["grpc-status"] = "0";
        });
        await app.StartAsync();
        return app;
    }

    /// <summary>Makes a call, and reads its answer to the end.</summary>
    public static async Task<Answer> CallAsync(HttpMessageInvoker caller, Uri node, string message, string? timeout = null, CancellationToken cancellationToken = default)
    {
        using var request = MakeRequest(node, message, timeout);
        using var response = await caller.SendAsync(request, cancellationToken);
        var bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        var status = response.Headers.TryGetValues("grpc-status", out var only) ? only : response.TrailingHeaders.TryGetValues("grpc-status", out var trailing) ? trailing : [];
        var cacheStatus = response.Headers.TryGetValues("cache-status", out var values) ? string.Join(", ", values) : "";
        return new Answer(string.Concat(status), cacheStatus, bytes.Length > 5 ? System.Text.Encoding.UTF8.GetString(bytes.AsSpan(5)) : "");
    }

    /// <summary>A call's request.</summary>
    public static HttpRequestMessage MakeRequest(Uri node, string message, string? timeout = null)
    {
        byte[] frame = [0, 0, 0, 0, (byte)message.Length, .. System.Text.Encoding.UTF8.GetBytes(message)];
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(node, Path)) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent(frame) };
        request.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        request.Headers.TryAddWithoutValidation("te", "trailers");

        // Callers know the mesh by one name, and the name that they call is part of the key.
        request.Headers.Host = "shop.example";
        if (timeout is not null)
        {
            request.Headers.TryAddWithoutValidation("grpc-timeout", timeout);
        }

        return request;
    }

    /// <summary>Waits until so many calls wait at a node for another's fill.</summary>
    public static async Task WaitForWaitersAsync(NodeProcess node, int count)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (await ReadMetricAsync(node, "edgemesh_fill_waiting_calls") is var waiting && !(waiting >= count))
        {
            // The node has better things to do than to tell its metrics.
            Assert.True(TimeProvider.System.GetElapsedTime(start) < 6 * TestDeadline.Default, $"{waiting} where {count} should wait");
            await Task.Delay(PollInterval);
        }
    }

    /// <summary>A value of a node's metrics, by name and attributes; not a number when there is none yet.</summary>
    public static async Task<double> ReadMetricAsync(NodeProcess node, string name)
    {
        using var client = new HttpClient();
        var line = (await client.GetStringAsync(new Uri(node.AdminAddress, "/metrics"))).Split('\n').FirstOrDefault(one => one.StartsWith($"{name} ", StringComparison.Ordinal));
        return line is null ? double.NaN : double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
    }

    /// <summary>What a caller got.</summary>
    public sealed record Answer(string Status, string CacheStatus, string Text);
}

using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using EdgeMesh.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace EdgeMesh.Scenarios.Telemetry;

/// <summary>What an operator sees of a call through real nodes: one trace over all hops at a collector, the same trace in access logs, metrics at both.</summary>
public sealed class TelemetryTests : IDisposable
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private const string CallerSpan = "b7ad6b7169203331";
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(OtlpCollector.Protocols), MemberType = typeof(OtlpCollector))]
    public async Task Call_ThroughEdgeAndRegion_IsOneTraceWithEachHopTheParentOfTheNext(string protocol)
    {
        var seen = new ConcurrentQueue<string>();
        await using var collector = await OtlpCollector.StartAsync();
        await using var origin = await StartOriginAsync(seen);
        var variables = collector.Variables(protocol);
        var regionLog = _directory.File("region.log");
        var edgeLog = _directory.File("edge.log");
        await using var region = await NodeProcess.StartAsync(
            variables, "region", "--name", "eu-west-2", "--listen", "127.0.0.1:0", "--data", _directory.File("data"), "--origin", $"shop.v1.={origin.Urls.Single()}", "--access-log", regionLog, "--log-format", "json");
        await using var edge = await NodeProcess.StartAsync(
            variables, "edge", "--name", "LHR50-1", "--listen", "127.0.0.1:0", "--region", region.Address.GetLeftPart(UriPartial.Authority), "--region-admin", region.AdminAddress.GetLeftPart(UriPartial.Authority), "--access-log", edgeLog);

        await CallAsync(edge.Address, authorization: "Bearer secret");

        // 1. The collector.
        await OtlpCollector.WaitAsync(
            () => collector.Spans.Count(span => span.TraceId == Trace) >= 5 && collector.Metrics.ContainsKey(("LHR50-1", "rpc.server.call.duration")) && collector.Metrics.ContainsKey(("eu-west-2", "edgemesh.region.objects")),
            () => $"spans: {string.Join(", ", collector.Spans)}; metrics: {string.Join(", ", collector.Metrics.Keys)}");
        var spans = collector.Spans.Where(span => span.TraceId == Trace).ToList();
        var expected = new (string Node, int Kind)[] { ("LHR50-1", 2), ("LHR50-1", 1), ("LHR50-1", 3), ("eu-west-2", 2), ("eu-west-2", 3) };
        var parent = CallerSpan;
        foreach (var hop in expected)
        {
            var span = Assert.Single(spans, span => span.ParentId == parent);
            Assert.Equal(hop, (span.Node, span.Kind));
            parent = span.SpanId;
        }

        Assert.Equal(5, spans.Count);
        Assert.Equal($"00-{Trace}-{parent}-01", Assert.Single(seen));

        // 2. The access logs.
        Assert.Matches($"^time=\\S+ peer=127.0.0.1:\\d+ method=shop.v1.Catalog/Get status=OK outcome=miss reason=- received_bytes=5 sent_bytes=5 duration_seconds=\\d+\\.\\d+ trace_id={Trace}\n$", await ReadLineAsync(edgeLog, "shop.v1."));
        var json = JsonDocument.Parse(await ReadLineAsync(regionLog, "shop.v1.")).RootElement;
        Assert.Equal(("shop.v1.Catalog/Get", "bypass", "no-store", Trace), (json.GetProperty("method").GetString(), json.GetProperty("outcome").GetString(), json.GetProperty("reason").GetString(), json.GetProperty("trace_id").GetString()));
        Assert.DoesNotContain("secret", await File.ReadAllTextAsync(edgeLog) + await File.ReadAllTextAsync(regionLog), StringComparison.Ordinal);

        // 3. /metrics.
        using var http = new HttpClient();
        var metrics = await http.GetStringAsync(new Uri(edge.AdminAddress, "/metrics"));
        Assert.Contains("\nedgemesh_relay_calls_total{edgemesh_outcome=\"miss\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("\nedgemesh_upstream_up{edgemesh_upstream=\"Region\"} 1\n", metrics, StringComparison.Ordinal);
        edge.AssertNoUnexpectedErrors();
        Assert.All(region.Process.Errors, line => Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(line).RootElement.ValueKind));
    }

    [Fact]
    public async Task Call_NobodyTraces_PassesTheCallersContextUnchanged()
    {
        var seen = new ConcurrentQueue<string>();
        await using var origin = await StartOriginAsync(seen);
        await using var region = await NodeProcess.StartRegionAsync(_directory.File("data"), "--origin", $"shop.v1.={origin.Urls.Single()}");
        await using var edge = await NodeProcess.StartEdgeAsync(region, "LHR50-1");

        await CallAsync(edge.Address);

        Assert.Equal($"00-{Trace}-{CallerSpan}-01", Assert.Single(seen));
    }

    private static async Task CallAsync(Uri edge, string? authorization = null)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(edge, "/shop.v1.Catalog/Get")) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent([0, 0, 0, 0, 0]) };
        request.Content.Headers.ContentType = new("application/grpc");
        request.Headers.TryAddWithoutValidation("traceparent", $"00-{Trace}-{CallerSpan}-01");
        request.Headers.TryAddWithoutValidation("te", "trailers");
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("authorization", authorization);
        }

        using var response = await http.SendAsync(request).WaitAsync(TestDeadline.Default);
        await response.Content.ReadAsByteArrayAsync();
        Assert.Equal("0", response.TrailingHeaders.GetValues("grpc-status").Single());
    }

    private static async Task<WebApplication> StartOriginAsync(ConcurrentQueue<string> seen)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listener => listener.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        app.MapPost("/shop.v1.Catalog/Get", async context =>
        {
            seen.Enqueue(context.Request.Headers["traceparent"].ToString());
            await context.Request.Body.CopyToAsync(Stream.Null);
            context.Response.ContentType = "application/grpc";
            context.Response.Headers.CacheControl = "public, max-age=60";
            context.Response.DeclareTrailer("grpc-status");
            await context.Response.Body.WriteAsync(new byte[5]);
            context.Response.AppendTrailer("grpc-status", "0");
        });
        await app.StartAsync();
        return app;
    }

    private static async Task<string> ReadLineAsync(string file, string about)
    {
        string? line = null;
        await OtlpCollector.WaitAsync(
            () => File.Exists(file) && (line = File.ReadAllText(file).Split('\n', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(one => one.Contains(about, StringComparison.Ordinal))) is not null,
            () => $"{file} has no line about {about}");
        return line + "\n";
    }
}

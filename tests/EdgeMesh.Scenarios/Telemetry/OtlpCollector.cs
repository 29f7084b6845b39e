using System.Collections.Concurrent;
using System.Net;
using System.Text;
using EdgeMesh.Testing;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeMesh.Scenarios.Telemetry;

/// <summary>A span as a collector gets it.</summary>
/// <param name="Node">Its resource's <c>service.instance.id</c>.</param>
/// <param name="TraceId">32 hexadecimal digits.</param>
/// <param name="SpanId">16 hexadecimal digits.</param>
/// <param name="ParentId">16 hexadecimal digits; empty: none.</param>
/// <param name="Name">Its name.</param>
/// <param name="Kind">OTLP's number: 1 internal, 2 server, 3 client.</param>
internal sealed record CollectedSpan(string Node, string TraceId, string SpanId, string ParentId, string Name, int Kind);

/// <summary>Takes OTLP over HTTP with protobuf and over gRPC, each on a port of its own, and reads of it what tests ask for (opentelemetry-proto 1.x: collector/trace/v1, collector/metrics/v1).</summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    private const string HttpProtobuf = "http/protobuf";
    private const string Grpc = "grpc";
    private const int FrameHeaderBytes = 5;

    private readonly WebApplication _app;

    private OtlpCollector(WebApplication app) => _app = app;

    /// <summary>The protocols that it takes, in OTEL_EXPORTER_OTLP_PROTOCOL's words.</summary>
    public static TheoryData<string> Protocols => new(HttpProtobuf, Grpc);

    /// <summary>All spans so far.</summary>
    public ConcurrentQueue<CollectedSpan> Spans { get; } = new();

    /// <summary>Names of metrics so far, by node.</summary>
    public ConcurrentDictionary<(string Node, string Metric), bool> Metrics { get; } = new();

    public static async Task<OtlpCollector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listener => listener.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, listener => listener.Protocols = HttpProtocols.Http2);
        });
        var app = builder.Build();
        var collector = new OtlpCollector(app);
        app.MapPost("/v1/traces", context => TakeAsync(context, collector.TakeSpans));
        app.MapPost("/v1/metrics", context => TakeAsync(context, collector.TakeMetrics));
        app.MapPost("/opentelemetry.proto.collector.trace.v1.TraceService/Export", context => TakeCallAsync(context, collector.TakeSpans));
        app.MapPost("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", context => TakeCallAsync(context, collector.TakeMetrics));
        await app.StartAsync();
        return collector;
    }

    /// <summary>The variables with which a node sends everything here, soon.</summary>
    public IReadOnlyDictionary<string, string?> Variables(string protocol) => new Dictionary<string, string?>
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ElementAt(protocol == Grpc ? 1 : 0),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol,
        ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
    };

    /// <summary>Waits until what has come is enough.</summary>
    public static async Task WaitAsync(Func<bool> isEnough, Func<string> describe)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!isEnough())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TestDeadline.Default, describe());
            await Task.Delay(TestDeadline.PollInterval);
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static async Task TakeAsync(HttpContext context, Action<byte[]> take)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        take(body.ToArray());
        context.Response.ContentType = "application/x-protobuf";
    }

    /// <summary>The same as a gRPC call: one message in, an empty one out.</summary>
    private static async Task TakeCallAsync(HttpContext context, Action<byte[]> take)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        take(body.ToArray()[FrameHeaderBytes..]);
        context.Response.ContentType = "application/grpc";
        context.Response.DeclareTrailer("grpc-status");
        await context.Response.Body.WriteAsync(new byte[FrameHeaderBytes]);
        context.Response.AppendTrailer("grpc-status", "0");
    }

    private void TakeSpans(byte[] request)
    {
        foreach (var resourceSpans in Fields(request, 1))
        {
            var node = NodeOf(resourceSpans);
            foreach (var span in Fields(resourceSpans, 2).SelectMany(scope => Fields(scope, 2)))
            {
                Spans.Enqueue(new CollectedSpan(node, Hex(span, 1), Hex(span, 2), Hex(span, 4), Text(span, 5), (int)Number(span, 6)));
            }
        }
    }

    private void TakeMetrics(byte[] request)
    {
        foreach (var resourceMetrics in Fields(request, 1))
        {
            foreach (var metric in Fields(resourceMetrics, 2).SelectMany(scope => Fields(scope, 2)))
            {
                Metrics[(NodeOf(resourceMetrics), Text(metric, 1))] = true;
            }
        }
    }

    private static string NodeOf(byte[] resourceData) =>
        Fields(resourceData, 1).SelectMany(resource => Fields(resource, 1)).Where(attribute => Text(attribute, 1) == "service.instance.id").Select(attribute => Text(Fields(attribute, 2).Single(), 1)).FirstOrDefault("");

    private static string Text(byte[] message, int field) => Encoding.UTF8.GetString(Fields(message, field).FirstOrDefault([]));

    private static string Hex(byte[] message, int field) => Convert.ToHexStringLower(Fields(message, field).FirstOrDefault([]));

    private static ulong Number(byte[] message, int field)
    {
        var input = new CodedInputStream(message);
        while (input.ReadTag() is not 0 and var tag)
        {
            if (WireFormat.GetTagFieldNumber(tag) == field && WireFormat.GetTagWireType(tag) == WireFormat.WireType.Varint)
            {
                return input.ReadUInt64();
            }

            input.SkipLastField();
        }

        return 0;
    }

    /// <summary>The length-delimited fields of a number.</summary>
    private static IEnumerable<byte[]> Fields(byte[] message, int field)
    {
        var found = new List<byte[]>();
        var input = new CodedInputStream(message);
        while (input.ReadTag() is not 0 and var tag)
        {
            if (WireFormat.GetTagFieldNumber(tag) == field && WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited)
            {
                found.Add(input.ReadBytes().ToByteArray());
            }
            else
            {
                input.SkipLastField();
            }
        }

        return found;
    }
}

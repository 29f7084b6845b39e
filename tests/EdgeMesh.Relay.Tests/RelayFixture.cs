using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using EdgeMesh.Caching;
using EdgeMesh.Relay.Coherence;
using EdgeMesh.Relay.Hosting;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Relay.Tests;

/// <summary>A node with one upstream, on a port of its own.</summary>
internal sealed class RelayFixture : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpMessageHandler _upstream;
    private readonly SlabStore? _store;

    private RelayFixture(WebApplication app, HttpMessageHandler upstream, SlabStore? store, AppliedLog? log, RelayHandler relay, ManualTimeProvider? time)
    {
        Log = log!;
        _app = app;
        _upstream = upstream;
        _store = store;
        Relay = relay;
        Time = time!;
    }

    public Uri Address => NodeHost.GetAddress(_app);

    public RelayHandler Relay { get; }

    /// <summary>What a caching node keeps.</summary>
    public SlabStore Store => _store!;

    /// <summary>What the node applies of its Region's log, when it was started as part of a mesh.</summary>
    public AppliedLog Log { get; }

    /// <summary>The node's clock, when it was started with one.</summary>
    public ManualTimeProvider Time { get; }

    public static Task<RelayFixture> StartAsync(Uri upstream, bool isCaching = true, ManualTimeProvider? time = null) =>
        StartAsync(upstream, new RelayOptions { NodeName = "LHR50-1", NodeDescription = "edge location LHR50-1", UnaryWait = TimeSpan.FromSeconds(20) }, isCaching, time);

    /// <summary>Starts a node whose upstream is a handler of the test's.</summary>
    public static Task<RelayFixture> StartAsync(HttpMessageHandler upstream, bool isCaching = true) =>
        StartAsync(new Uri("http://upstream.test"), new RelayOptions { NodeName = "LHR50-1", NodeDescription = "edge location LHR50-1", UnaryWait = TimeSpan.FromSeconds(20) }, isCaching, handler: upstream);

    /// <summary>Starts an edge location of a mesh: it applies a log, and its upstream is a node.</summary>
    public static Task<RelayFixture> StartEdgeAsync(Uri upstream, ManualTimeProvider? time = null, string name = "LHR50-1") =>
        StartAsync(upstream, log => new RelayOptions { NodeName = name, NodeDescription = $"edge location {name}", UnaryWait = TimeSpan.FromSeconds(20), Applied = log }, isCaching: true, time, certificate: null, handler: null);

    public static Task<RelayFixture> StartAsync(Uri upstream, RelayOptions options, bool isCaching = true, ManualTimeProvider? time = null, X509Certificate2? certificate = null, HttpMessageHandler? handler = null) =>
        StartAsync(upstream, _ => options, isCaching, time, certificate, handler);

    private static async Task<RelayFixture> StartAsync(Uri upstream, Func<AppliedLog?, RelayOptions> makeOptions, bool isCaching, ManualTimeProvider? time, X509Certificate2? certificate, HttpMessageHandler? handler)
    {
        handler ??= UpstreamHandler.Create();
        var clock = (TimeProvider?)time ?? TimeProvider.System;
        var store = isCaching ? new SlabStore(new SlabStoreOptions { CapacityBytes = 64 << 20, PoisonsFreedMemory = true }, clock) : null;
        var log = store is null ? null : new AppliedLog(store);
        var options = makeOptions(log);
        var relay = new RelayHandler(options, new SingleUpstream(new Upstream("Region eu-west-2", upstream, new HttpMessageInvoker(handler)) { IsNode = options.Applied is not null, Via = options.Applied is null ? null : options.NodeName }), store, clock);
        var app = NodeHost.CreateBuilder(new IPEndPoint(IPAddress.Loopback, 0), certificate is null ? null : new NodeTls(new TlsFiles(null, null), new TlsModel(SslStreamCertificateContext.Create(certificate, null, offline: true), null, null), clock, _ => { }), logging => logging.SetMinimumLevel(LogLevel.None), TimeSpan.FromSeconds(5)).Build();
        relay.Use(app);
        await app.StartAsync();
        return new RelayFixture(app, handler, store, log, relay, time);
    }

    /// <summary>The node's counters once so many calls have ended: a caller may have its answer a moment before.</summary>
    public async Task<RelayCounters> CountersAfterAsync(int calls)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (Relay.Counters.Calls < calls)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TestDeadline.Default, $"only {Relay.Counters.Calls} of {calls} calls have ended");
            await Task.Yield();
        }

        return Relay.Counters;
    }

    /// <summary>Stops the node as a signal would: running calls may end first.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
        _upstream.Dispose();
        _store?.Dispose();
    }

    private sealed class SingleUpstream(Upstream upstream) : IUpstreamRouter
    {
        public IEnumerable<Upstream> Upstreams => [upstream];

        public RelayRoute Route(string path) => RelayRoute.To(upstream);
    }
}

using System.Globalization;
using System.Net;
using EdgeMesh.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace EdgeMesh.Benchmarks.Peers;

/// <summary>A peer that answers GET: no server outside .NET caches the answers of POST.</summary>
internal abstract class GetPeer : Peer
{
    /// <summary>The hidden command that runs an origin for caches, HTTP/1.1, in a process of its own; its arguments are sizes in bytes.</summary>
    public const string ServeCommand = "serve-get";

    private Uri? _address;

    /// <summary>Serves until standard input ends.</summary>
    public static Task<int> ServeAsync(IEnumerable<int> sizes)
    {
        var answers = sizes.ToDictionary(Path, size => new byte[size]);
        return KestrelProcess.ServeAsync(
            _ => { },
            app => app.Run(context =>
            {
                var answer = answers[context.Request.Path.Value!];
                context.Response.Headers.CacheControl = "public, max-age=86400";
                context.Response.ContentLength = answer.Length;
                return context.Response.Body.WriteAsync(answer).AsTask();
            }),
            HttpProtocols.Http1);
    }

    /// <inheritdoc/>
    public override async Task StartAsync(IReadOnlyList<int> sizes)
    {
        var port = FreePort.Take();
        await StartServerAsync(port, sizes);
        _address = await ListeningPort.WaitAsync(port);
        foreach (var size in sizes)
        {
            await CheckAsync(size);
        }
    }

    /// <inheritdoc/>
    public override LoadTarget Target(int sizeBytes) => new(new Uri(_address!, Path(sizeBytes)), null);

    /// <summary>The path of a size.</summary>
    protected static string Path(int sizeBytes) => FormattableString.Invariant($"/{sizeBytes}");

    /// <summary>Starts what is measured.</summary>
    /// <param name="port">Where it listens, HTTP/2 with prior knowledge.</param>
    protected abstract Task StartServerAsync(int port, IReadOnlyList<int> sizes);

    /// <summary>Whether an answer came from its cache.</summary>
    protected abstract bool IsHit(HttpResponseMessage response);

    /// <summary>Starts a server for it to fetch from.</summary>
    protected Task<Uri> StartOriginAsync(IReadOnlyList<int> sizes) =>
        KestrelProcess.WaitAsync(StartBeside(isServing: false, KestrelProcess.Assembly, KestrelProcess.Arguments(ServeCommand, sizes)));

    private async Task CheckAsync(int size)
    {
        using var client = new HttpClient { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        var url = Target(size).Url;
        using var first = await client.GetAsync(url);
        using var second = await client.GetAsync(url);
        var length = (await second.Content.ReadAsByteArrayAsync()).Length;
        if (second.StatusCode != HttpStatusCode.OK || length != size || !IsHit(second))
        {
            throw new BenchmarkException($"{Name} did not answer {url} from its cache: {(int)second.StatusCode}, {length} bytes\n{second.Headers}");
        }
    }
}

/// <summary>nghttpd: a C server that does nothing but HTTP/2 and static files.</summary>
internal sealed class Nghttpd : GetPeer
{
    /// <inheritdoc/>
    public override string Name => "nghttpd";

    /// <inheritdoc/>
    public override string Description => "nghttpd, static file (GET)";

    /// <inheritdoc/>
    public override (string Program, string Package)? Needs => ("nghttpd", "nghttp2-server");

    /// <inheritdoc/>
    protected override Task StartServerAsync(int port, IReadOnlyList<int> sizes)
    {
        foreach (var size in sizes)
        {
            File.WriteAllBytes(Files.File(Path(size).TrimStart('/')), new byte[size]);
        }

        Start(isServing: true, "nghttpd", "--no-tls", "--address", "127.0.0.1", "--htdocs", Files.Path, port.ToString(CultureInfo.InvariantCulture));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override bool IsHit(HttpResponseMessage response) => true;
}

/// <summary>nginx as a cache.</summary>
internal sealed class NginxCache : GetPeer
{
    /// <inheritdoc/>
    public override string Name => "nginx-cache";

    /// <inheritdoc/>
    public override string Description => "nginx proxy_cache over HTTP/2, one worker (GET)";

    /// <inheritdoc/>
    public override (string Program, string Package)? Needs => NginxProcess.Needs;

    /// <inheritdoc/>
    protected override async Task StartServerAsync(int port, IReadOnlyList<int> sizes)
    {
        var origin = await StartOriginAsync(sizes);
        var configuration = NginxProcess.Write(Files, $$"""
              proxy_cache_path {{Files.File("cache")}} levels=1:2 keys_zone=answers:10m inactive=1d use_temp_path=off;
              server {
                listen 127.0.0.1:{{port}} http2;
                location / {
                  proxy_pass {{origin.GetLeftPart(UriPartial.Authority)}};
                  proxy_cache answers;
                  add_header X-Cache $upstream_cache_status;
                }
              }
            """);
        Start(isServing: true, "nginx", "-c", configuration);
    }

    /// <inheritdoc/>
    protected override bool IsHit(HttpResponseMessage response) => response.Headers.TryGetValues("X-Cache", out var values) && values.First() == "HIT";
}

/// <summary>Varnish.</summary>
internal sealed class Varnish : GetPeer
{
    /// <inheritdoc/>
    public override string Name => "varnish";

    /// <inheritdoc/>
    public override string Description => "Varnish over HTTP/2, answers in memory (GET)";

    /// <inheritdoc/>
    public override (string Program, string Package)? Needs => ("varnishd", "varnish");

    /// <inheritdoc/>
    protected override async Task StartServerAsync(int port, IReadOnlyList<int> sizes)
    {
        var origin = await StartOriginAsync(sizes);
        Start(
            isServing: true, "varnishd", "-F", "-a", FormattableString.Invariant($"127.0.0.1:{port}"), "-b", origin.Authority, "-n", Files.File("varnish"),
            "-j", "none", "-T", "none", "-s", "malloc,256m", "-p", "feature=+http2");
    }

    /// <inheritdoc/>
    protected override bool IsHit(HttpResponseMessage response) => response.Headers.TryGetValues("X-Varnish", out var values) && values.First().Contains(' ', StringComparison.Ordinal);
}

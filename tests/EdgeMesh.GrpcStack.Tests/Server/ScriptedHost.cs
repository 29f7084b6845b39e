using System.Net;
using System.Net.Sockets;
using EdgeMesh.Testing;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.GrpcStack.Tests.Server;

/// <summary>A real server on a free port that serves a <see cref="ScriptedService"/>, and a bare HTTP/2 client whose frames are recorded.</summary>
internal sealed class ScriptedHost : IAsyncDisposable
{
    private readonly HttpClient _client;
    private FrameRecorder? _connection;

    private ScriptedHost(WebApplication app, LogCollector log)
    {
        App = app;
        Log = log;
        Address = new Uri(app.Urls.Single());
        _client = new HttpClient(new SocketsHttpHandler { ConnectCallback = ConnectAsync, UseProxy = false, ActivityHeadersPropagator = null })
        {
            BaseAddress = Address,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = TestDeadline.Default,
        };
    }

    public WebApplication App { get; }

    public LogCollector Log { get; }

    public Uri Address { get; }

    public HttpClient Client => _client;

    /// <summary>The frames that the server has sent on streams. One connection per host.</summary>
    public IReadOnlyList<RecordedFrame> Frames => _connection?.StreamFrames() ?? [];

    public static async Task<ScriptedHost> StartAsync(
        ServiceScript script, Action<GrpcServiceOptions>? configure = null, TimeProvider? clock = null, Action<WebApplicationBuilder>? build = null, Action<WebApplication>? map = null,
        HttpProtocols protocols = HttpProtocols.Http2)
    {
        var log = new LogCollector();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Debug);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocols));
        builder.Services.AddSingleton(script);
        if (clock is not null)
        {
            builder.Services.AddSingleton(clock);
        }

        builder.Services.AddGrpc(configure ?? (_ => { }));
        build?.Invoke(builder);
        var app = builder.Build();
        app.MapGrpcService<ScriptedService>();
        map?.Invoke(app);
        await app.StartAsync();
        return new ScriptedHost(app, log);
    }

    /// <summary>A request for a method of the service, without its body.</summary>
    public static HttpRequestMessage Request(string method, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"/{TestServiceMethods.ServiceName}/{method}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content ?? new ByteArrayContent([]),
        };
        request.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        request.Headers.TryAddWithoutValidation("te", "trailers");
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return request;
    }

    /// <summary>Sends a body at once and reads the whole answer.</summary>
    public async Task<RawAnswer> CallAsync(string method, byte[] body, params (string Name, string Value)[] headers)
    {
        using var response = await _client.SendAsync(Request(method, new ByteArrayContent(body), headers), HttpCompletionOption.ResponseHeadersRead);
        return await RawAnswer.ReadAsync(response);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await App.DisposeAsync();
        Log.Dispose();
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
        return _connection = new FrameRecorder(new NetworkStream(socket, ownsSocket: true));
    }
}

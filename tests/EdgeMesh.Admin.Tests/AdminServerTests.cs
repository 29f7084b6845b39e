using System.Net;
using System.Net.Sockets;
using EdgeMesh.Admin.Access;
using EdgeMesh.Admin.Configuration;
using EdgeMesh.Admin.Drain;
using EdgeMesh.Admin.Health;
using EdgeMesh.Admin.Listening;
using EdgeMesh.Introspection;
using EdgeMesh.Relay.Hosting;
using EdgeMesh.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeMesh.Admin.Tests;

public sealed class AdminServerTests : IAsyncLifetime
{
    private readonly NodeHealth _health = new();
    private readonly ManualTimeProvider _time = new();
    private AdminServer? _server;

    public async Task InitializeAsync() => _server = await StartAsync(new IPEndPoint(IPAddress.Loopback, 0));

    public Task DisposeAsync() => _server!.DisposeAsync().AsTask();

    public static TheoryData<Version> Versions => new(HttpVersion.Version11, HttpVersion.Version20);

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Healthz_EitherVersionOfHttp_Answers(Version version)
    {
        Assert.Equal((HttpStatusCode.OK, "ok\n"), await GetAsync("/healthz", version));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Readyz_Draining_SaysNotReadyWithNotes(Version version)
    {
        Assert.Equal((HttpStatusCode.OK, "serving\nall is well\n"), await GetAsync("/readyz", version));

        _health.Drain();

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "draining\nall is well\n"), await GetAsync("/readyz", version));
        Assert.Equal((HttpStatusCode.OK, "ok\n"), await GetAsync("/healthz", version));
    }

    [Fact]
    public async Task Listener_RequestByteByByte_IsAnswered()
    {
        using var socket = await ConnectAsync();
        foreach (var one in "PRI"u8.ToArray())
        {
            await socket.SendAsync(new[] { one });
        }

        // The three bytes that both versions could begin with, then one that only HTTP/1.1 could have.
        await socket.SendAsync("X /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"u8.ToArray());

        Assert.StartsWith("HTTP/1.1 405", await ReadToEndAsync(socket));
    }

    [Fact]
    public async Task Listener_SilentConnection_IsClosed()
    {
        using var silent = await ConnectAsync();
        using var halting = await ConnectAsync();
        await halting.SendAsync("PR"u8.ToArray());
        await _time.WaitForTimersAsync(2).WaitAsync(TestDeadline.Default);

        _time.Advance(HttpVersionSplitter.Patience);

        Assert.Empty(await ReadToEndAsync(silent));
        Assert.Empty(await ReadToEndAsync(halting));
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/healthz", HttpVersion.Version11)).Status);
    }

    [Fact]
    public async Task StopAsync_SilentConnection_DoesNotHoldItUp()
    {
        using var silent = await ConnectAsync();
        await _time.WaitForTimersAsync(1).WaitAsync(TestDeadline.Default);

        await _server!.StopAsync(CancellationToken.None).WaitAsync(TestDeadline.Default);

        Assert.Empty(await ReadToEndAsync(silent));
    }

    [Fact]
    public async Task StartAsync_TakenPort_NamesTheOption()
    {
        var taken = new IPEndPoint(IPAddress.Loopback, _server!.Address.Port);

        var fault = await Assert.ThrowsAsync<ListenException>(() => StartAsync(taken));

        Assert.Equal(("--admin-listen", taken), (fault.Option, fault.EndPoint));
    }

    private Task<AdminServer> StartAsync(IPEndPoint endPoint) => AdminServer.StartAsync(
        new AdminServerOptions { EndPoint = endPoint, Health = _health, Drain = new NodeDrain(_health, _ => Task.CompletedTask), Configuration = NodeConfiguration.Fixed, Authenticator = new Authenticator(new TokenTable(), () => null), Services = [], Time = _time },
        _ => { },
        services => services.AddSingleton(new ReadinessNotes(() => ["all is well"])),
        CancellationToken.None);

    private async Task<(HttpStatusCode Status, string Text)> GetAsync(string path, Version version)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_server!.Address, path)) { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var response = await client.SendAsync(request).WaitAsync(TestDeadline.Default);
        Assert.Equal(version, response.Version);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, _server!.Address.Port);
        return socket;
    }

    private static async Task<string> ReadToEndAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream);
        try
        {
            return await reader.ReadToEndAsync().WaitAsync(TestDeadline.Default);
        }
        catch (IOException)
        {
            // Closed with a reset.
            return "";
        }
    }
}

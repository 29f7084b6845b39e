using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using EdgeMesh.Relay.Hosting;
using EdgeMesh.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EdgeMesh.Relay.Tests;

public sealed class NodeTlsTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly TestAuthority _authority = new("authority");
    private readonly ManualTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly LogCollector _log = new();

    private TlsFiles Files => new(_directory.File("cert.pem"), _directory.File("key.pem"), _directory.File("ca.pem"));

    public void Dispose()
    {
        _authority.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Watch_KeyFollowsCertificate_IsInForceOnceBothAreThere()
    {
        var first = WriteAll();
        using var tls = Start();
        using var second = _authority.Issue([]);
        var key = File.ReadAllText(Files.KeyPath!);
        TestAuthority.Write(second, Files.CertificatePath!, Files.KeyPath!);
        var secondKey = File.ReadAllText(Files.KeyPath!);

        // 1. The certificate is new, its key is not there yet.
        File.WriteAllText(Files.KeyPath!, key);
        _time.Advance(FileWatch.DefaultInterval);
        Assert.Equal(first, Thumbprint(tls));
        Assert.Contains("--tls-cert", Assert.Single(_log.Lines, line => line.Level == LogLevel.Error).Message, StringComparison.Ordinal);

        // 2. Half of the key.
        File.WriteAllText(Files.KeyPath!, secondKey[..(secondKey.Length / 2)]);
        _time.Advance(FileWatch.DefaultInterval);
        Assert.Equal(first, Thumbprint(tls));

        // 3. All of it.
        File.WriteAllText(Files.KeyPath!, secondKey);
        _time.Advance(FileWatch.DefaultInterval);
        Assert.Equal(second.Thumbprint, Thumbprint(tls));
    }

    [Fact]
    public void Watch_AuthoritiesCutOff_KeepsThoseFromBefore()
    {
        WriteAll();
        using var tls = Start();
        var text = File.ReadAllText(Files.ClientAuthorityPath!);

        // One whole certificate, and the beginning of another.
        File.WriteAllText(Files.ClientAuthorityPath!, text + "\n" + text[..100]);
        var before = tls.Current;
        _time.Advance(FileWatch.DefaultInterval);
        Assert.Same(before, tls.Current);

        File.WriteAllText(Files.ClientAuthorityPath!, text + "\n" + text);
        _time.Advance(FileWatch.DefaultInterval);
        Assert.NotSame(before, tls.Current);
    }

    [Fact]
    public void Follow_FilesThatCannotBeUsed_ThrowsAndGoesOnWithTheOldOnes()
    {
        var first = WriteAll();
        using var tls = Start();

        var missing = Assert.Throws<OptionsValidationException>(() => tls.Follow(Files with { KeyPath = _directory.File("no-such") }));
        var cleartext = Assert.Throws<OptionsValidationException>(() => tls.Follow(new TlsFiles(null, null)));

        Assert.Contains("no-such", Assert.Single(missing.Failures), StringComparison.Ordinal);
        Assert.Contains("restart", Assert.Single(cleartext.Failures), StringComparison.Ordinal);
        Assert.Equal(first, Thumbprint(tls));

        // The old ones are still watched.
        var second = WriteAll();
        _time.Advance(FileWatch.DefaultInterval);
        Assert.Equal(second, Thumbprint(tls));
    }

    [Fact]
    public void Read_Expired_IsAFault()
    {
        WriteAll();
        var failures = new List<string>();

        Assert.Null(Files.Read(_time.GetUtcNow() + TimeSpan.FromDays(2), failures));

        Assert.Contains("expired", Assert.Single(failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_CertificateChangesUnderCalls_NoCallFailsAndNewConnectionsSeeTheNewOne()
    {
        const int Changes = 10;
        var shown = WriteAll();
        using var tls = Start();
        await using var app = NodeHost.CreateBuilder(new IPEndPoint(IPAddress.Loopback, 0), tls, logging => logging.SetMinimumLevel(LogLevel.None), TimeSpan.FromSeconds(5)).Build();
        app.Run(context => context.Response.WriteAsync("ok"));
        await app.StartAsync();
        var address = NodeHost.GetAddress(app);
        Assert.Equal("https", address.Scheme);
        using var standing = CreateClient();
        using var stop = new CancellationTokenSource();

        // 1. One connection that stands, and a new one for each call, all the time.
        var calls = 0;
        var load = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                using var passing = CreateClient();
                Assert.Equal("ok", await passing.GetStringAsync(address));
                Assert.Equal("ok", await standing.GetStringAsync(address));
                Interlocked.Increment(ref calls);
            }
        });
        for (var change = 0; change < Changes; change++)
        {
            var before = Volatile.Read(ref calls);
            shown = WriteAll();
            _time.Advance(FileWatch.DefaultInterval);
            Assert.Equal(shown, await ShownAsync(address));
            while (Volatile.Read(ref calls) < before + 2 && !load.IsCompleted)
            {
                await Task.Yield();
            }
        }

        // 2. No call failed.
        await stop.CancelAsync();
        await load;
        Assert.True(calls >= Changes);
    }

    private static HttpClient CreateClient() => new(new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true } })
    {
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Timeout = TestDeadline.Default,
    };

    private static async Task<string?> ShownAsync(Uri address)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(address.Host, address.Port);
        await using var stream = new SslStream(socket.GetStream(), leaveInnerStreamOpen: false, (_, _, _, _) => true);
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", ApplicationProtocols = [SslApplicationProtocol.Http2] });
        return (stream.RemoteCertificate as X509Certificate2)?.Thumbprint;
    }

    private static string Thumbprint(NodeTls tls) => tls.Current.Certificate!.TargetCertificate.Thumbprint;

    private NodeTls Start()
    {
        var failures = new List<string>();
        var model = Files.Read(_time.GetUtcNow(), failures);
        Assert.Empty(failures);
        return new NodeTls(Files, model!, _time, logging => logging.AddProvider(_log));
    }

    private string WriteAll()
    {
        using var certificate = _authority.Issue([]);
        TestAuthority.Write(certificate, Files.CertificatePath!, Files.KeyPath!);
        File.WriteAllText(Files.ClientAuthorityPath!, _authority.Certificate.ExportCertificatePem());
        return certificate.Thumbprint;
    }
}

using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Grpc.Net.Client;

namespace EdgeMesh.Scenarios.Operate;

/// <summary>Running nodes whose certificates are replaced and which are told so by SIGHUP.</summary>
public sealed class CertificateReloadTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly TestAuthority _authority = new("authority");
    private readonly TestAuthority _other = new("other");

    public void Dispose()
    {
        _other.Dispose();
        _authority.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Region_CertificateReplaced_NewHandshakesHaveItAndConnectionsGoOn()
    {
        var first = Write("region", _authority.Issue([]));
        await using var region = await StartRegionAsync();
        using var handler = new SocketsHttpHandler { EnableMultipleHttp2Connections = false, SslOptions = { RemoteCertificateValidationCallback = (_, shown, _, _) => shown!.GetCertHashString() == first } };
        using var channel = GrpcChannel.ForAddress(region.Address, new GrpcChannelOptions { HttpHandler = handler });
        var store = new ObjectStoreService.ObjectStoreServiceClient(channel);
        await store.ListBucketsAsync(new ListBucketsRequest());
        Assert.Equal(first, await ShownAsync(region.Address));

        var second = Write("region", _authority.Issue([]));
        region.Process.Signal(UnixSignal.HangUp);
        await region.Process.WaitForLineAsync("Configuration reloaded");

        Assert.NotEqual(first, second);
        Assert.Equal(second, await ShownAsync(region.Address));
        Assert.Equal(second, await ShownAsync(region.AdminAddress));

        // A client that trusts the first certificate alone could not connect anew: it is still on its connection.
        await store.ListBucketsAsync(new ListBucketsRequest());
        region.AssertNoUnexpectedErrors();
    }

    [Fact]
    public async Task Region_ClientAuthorityReplaced_NodesThatJoinedByItAreShutOutUntilItIsBack()
    {
        Write("region", _authority.Issue([]));
        Write("edge", _authority.Issue(["edgemesh://edge/LHR50-1"]));
        var trusted = _directory.File("trusted.pem");
        await File.WriteAllTextAsync(trusted, _authority.Certificate.ExportCertificatePem());
        await using var region = await StartRegionAsync();
        await using var edge = await NodeProcess.StartAsync(
            "edge", "--name", "LHR50-1", "--listen", "127.0.0.1:0", "--region", region.Address.GetLeftPart(UriPartial.Authority), "--region-ca", trusted, "--tls-cert", _directory.File("edge.pem"), "--tls-key", _directory.File("edge-key.pem"));
        await edge.Process.WaitForLineAsync("Joined Region");

        // 1. Another authority is in force; the next change of the topology ends the stream.
        await ReplaceAuthorityAsync(region, _other);
        await using (var change = NodeProcess.Start("token", "create", "--role", "reader", "--to", region.AdminAddress.ToString(), "--ca", trusted))
        {
            Assert.Equal(0, await change.WaitForExitAsync());
        }

        await edge.Process.WaitForLineAsync("refuses this node (Unauthenticated");
        await region.Process.WaitForLineAsync("LHR50-1 is lost: its stream ended");

        // 2. The old one is back, and so is the node, by itself.
        await ReplaceAuthorityAsync(region, _authority);
        var joined = 0;
        await edge.Process.WaitForLineAsync(line => line.Contains("Joined Region", StringComparison.Ordinal) && ++joined == 2);
        region.AssertNoUnexpectedErrors();
    }

    private Task<NodeProcess> StartRegionAsync()
    {
        File.WriteAllText(_directory.File("ca.pem"), _authority.Certificate.ExportCertificatePem());
        return NodeProcess.StartRegionAsync(
            _directory.File("data"), "--tls-cert", _directory.File("region.pem"), "--tls-key", _directory.File("region-key.pem"), "--client-ca", _directory.File("ca.pem"));
    }

    /// <summary>Writes a certificate and its key.</summary>
    /// <returns>Its thumbprint.</returns>
    private string Write(string name, X509Certificate2 certificate)
    {
        using (certificate)
        {
            TestAuthority.Write(certificate, _directory.File($"{name}.pem"), _directory.File($"{name}-key.pem"));
            return certificate.Thumbprint;
        }
    }

    private async Task ReplaceAuthorityAsync(NodeProcess region, TestAuthority authority)
    {
        var before = region.Process.Errors.Count(IsReload);
        var seen = 0;
        await File.WriteAllTextAsync(_directory.File("ca.pem"), authority.Certificate.ExportCertificatePem());
        region.Process.Signal(UnixSignal.HangUp);
        await region.Process.WaitForLineAsync(line => IsReload(line) && ++seen > before);

        static bool IsReload(string line) => line.Contains("Configuration reloaded", StringComparison.Ordinal);
    }

    /// <summary>The thumbprint of the certificate that a new handshake is shown.</summary>
    private static async Task<string> ShownAsync(Uri address)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(address.Host, address.Port);
        await using var tls = new SslStream(socket.GetStream(), leaveInnerStreamOpen: false, (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", ApplicationProtocols = [SslApplicationProtocol.Http2] });
        return tls.RemoteCertificate!.GetCertHashString();
    }
}

using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using EdgeMesh.EdgeLocation;
using EdgeMesh.Region;
using EdgeMesh.Testing;

namespace EdgeMesh.Scenarios.Access;

/// <summary>A Region and an edge over TLS, which know each other by certificates of one authority, and no token at all.</summary>
public sealed class CertificateMesh : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private readonly TestAuthority _authority = new("authority");
    private readonly TestAuthority _other = new("other");
    private TestAuthority? _intermediate;
    private RegionNode? _region;
    private EdgeLocationNode? _edge;

    /// <summary>Each listener by name.</summary>
    public IReadOnlyDictionary<string, Uri> Listeners { get; private set; } = new Dictionary<string, Uri>();

    /// <summary>Client certificates by what is right or wrong with them; null: none is shown.</summary>
    public IReadOnlyDictionary<string, SslStreamCertificateContext?> Certificates { get; private set; } = new Dictionary<string, SslStreamCertificateContext?>();

    public async Task InitializeAsync()
    {
        _intermediate = new TestAuthority("intermediate", _authority);
        Certificates = new Dictionary<string, SslStreamCertificateContext?>
        {
            ["none"] = null,
            ["reader"] = Show(_authority.Issue(["edgemesh://reader/ops"])),
            ["edge"] = Show(_authority.Issue(["edgemesh://edge/CDG50-1"])),
            ["admin"] = Show(_authority.Issue(["edgemesh://admin/ops"])),
            ["admin by an intermediate"] = Show(_intermediate.Issue(["edgemesh://admin/ops"]), _intermediate.Certificate),
            ["intermediate not sent"] = Show(_intermediate.Issue(["edgemesh://admin/ops"])),
            ["of another authority"] = Show(_other.Issue(["edgemesh://admin/ops"])),
            ["without a role"] = Show(_authority.Issue([])),
            ["of an unknown role"] = Show(_authority.Issue(["edgemesh://root/ops"])),
            ["of two roles"] = Show(_authority.Issue(["edgemesh://admin/ops", "edgemesh://reader/ops"])),
            ["expired"] = Show(_authority.Issue(["edgemesh://admin/ops"], isExpired: true)),
            ["for servers"] = Show(_authority.Issue(["edgemesh://admin/ops"], isForClients: false)),
        };
        var ca = _directory.File("ca.pem");
        await File.WriteAllTextAsync(ca, _authority.Certificate.ExportCertificatePem());
        Files("region", _authority.Issue([]));

        // Its certificate leads to the root by an intermediate, which the node must send.
        Files("edge", _intermediate.Issue(["edgemesh://edge/LHR50-1"]), _intermediate.Certificate);
        _region = await RegionNode.StartAsync(
            new RegionOptions
            {
                Name = "eu-west-2",
                Listen = "127.0.0.1:0",
                AdminListen = "0.0.0.0:0",
                DataDirectory = _directory.File("data"),
                TlsCertificatePath = _directory.File("region.pem"),
                TlsKeyPath = _directory.File("region-key.pem"),
                ClientAuthorityPath = ca,
                ProbeInterval = TimeSpan.FromSeconds(0.2),
            },
            _ => { },
            CancellationToken.None);
        _edge = await EdgeLocationNode.StartAsync(
            new EdgeLocationOptions
            {
                Name = "LHR50-1",
                Listen = "127.0.0.1:0",
                AdminListen = "0.0.0.0:0",
                Region = _region.Address,
                TlsCertificatePath = _directory.File("edge.pem"),
                TlsKeyPath = _directory.File("edge-key.pem"),
                ClientAuthorityPath = ca,
                RegionAuthorityPath = ca,
                CacheBytes = 32 << 20,
                ProbeInterval = TimeSpan.FromSeconds(0.2),
            },
            _ => { },
            CancellationToken.None);
        Listeners = new Dictionary<string, Uri>
        {
            ["region data"] = _region.Address,
            ["region admin"] = OnLoopback(_region.AdminAddress),
            ["edge data"] = _edge.Address,
            ["edge admin"] = OnLoopback(_edge.AdminAddress),
        };
        using var client = new HttpClient(CreateHandler("none"));
        using var limit = new CancellationTokenSource(TestDeadline.Default);
        while (!(await client.GetStringAsync(new Uri(Listeners["edge admin"], "/readyz"), limit.Token)).Contains("joined", StringComparison.Ordinal))
        {
            await Task.Delay(TestDeadline.PollInterval);
        }
    }

    /// <summary>A client that shows a certificate, and trusts the authority alone.</summary>
    public SocketsHttpHandler CreateHandler(string certificate)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.CustomTrustStore.Add(_authority.Certificate);
        return new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { ClientCertificateContext = Certificates[certificate], CertificateChainPolicy = policy } };
    }

    public async Task DisposeAsync()
    {
        await _edge!.DisposeAsync();
        await _region!.DisposeAsync();
        _intermediate!.Dispose();
        _authority.Dispose();
        _other.Dispose();
        _directory.Dispose();
    }

    private static SslStreamCertificateContext Show(X509Certificate2 certificate, params X509Certificate2[] chain) => SslStreamCertificateContext.Create(certificate, [.. chain], offline: true);

    private static Uri OnLoopback(Uri address) => new UriBuilder(address) { Host = "127.0.0.1" }.Uri;

    private void Files(string name, X509Certificate2 certificate, params X509Certificate2[] chain) =>
        TestAuthority.Write(certificate, _directory.File($"{name}.pem"), _directory.File($"{name}-key.pem"), chain);
}

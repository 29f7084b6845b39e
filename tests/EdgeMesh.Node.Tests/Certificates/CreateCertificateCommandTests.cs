using System.Net;
using System.Security.Cryptography.X509Certificates;
using EdgeMesh.Admin.Access;
using EdgeMesh.EdgeLocation;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Region;
using EdgeMesh.Testing;

namespace EdgeMesh.Node.Tests.Certificates;

public sealed class CreateCertificateCommandTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string Certs => _directory.File("certs");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Create_Edge_HasNamesUsagesAndAKeyForItsOwnerAlone()
    {
        var run = await CreateAsync("edge", "LHR50-1", "--host", "lhr.example", "--host", "192.0.2.7");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("ca.pem: a new authority", run.Output, StringComparison.Ordinal);
        using var certificate = X509Certificate2.CreateFromPemFile(Path("LHR50-1.pem"), Path("LHR50-1-key.pem"));
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single();
        Assert.Equal(["lhr.example", "localhost"], names.EnumerateDnsNames().Order(StringComparer.Ordinal));
        Assert.Equal([IPAddress.Parse("192.0.2.7"), IPAddress.Loopback, IPAddress.IPv6Loopback], names.EnumerateIPAddresses());
        Assert.Equal(new CertificateRole(Role.Edge, "LHR50-1"), CertificateRole.Read(certificate));
        Assert.Equal(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"], Usages(certificate));
        Assert.Equal("1.2.840.10045.3.1.7", certificate.GetECDsaPrivateKey()!.ExportParameters(includePrivateParameters: false).Curve.Oid.Value);
        foreach (var key in new[] { "LHR50-1-key.pem", "ca-key.pem" })
        {
            Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(Path(key)) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        }

        using var chain = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck } };
        chain.ChainPolicy.CustomTrustStore.ImportFromPemFile(Path("ca.pem"));
        Assert.True(chain.Build(certificate));
    }

    [Theory]
    [InlineData("region", "eu-west-2", null, "1.3.6.1.5.5.7.3.1")]
    [InlineData("admin", "ops", "edgemesh://admin/ops", "1.3.6.1.5.5.7.3.2")]
    [InlineData("reader", "prometheus", "edgemesh://reader/prometheus", "1.3.6.1.5.5.7.3.2")]
    public async Task Create_OtherRoles_AreServersOrClientsOnly(string role, string name, string? uri, string usage)
    {
        Assert.Equal(0, (await CreateAsync(role, name)).ExitCode);

        using var certificate = X509CertificateLoader.LoadCertificateFromFile(Path($"{name}.pem"));
        Assert.Equal(uri, CertificateRole.Read(certificate)?.ToUri().ToString());
        Assert.Equal([usage], Usages(certificate));
    }

    [Fact]
    public async Task Create_Again_ReplacesOnlyWithForceAndNeverTheAuthority()
    {
        await CreateAsync("edge", "LHR50-1");
        var (certificate, authority, key) = (Read("LHR50-1.pem"), Read("ca.pem"), Read("ca-key.pem"));

        var refused = await CreateAsync("edge", "LHR50-1");
        Assert.Equal(ExitCodes.Failed, refused.ExitCode);
        Assert.Contains("--force", refused.Error, StringComparison.Ordinal);
        Assert.Equal(certificate, Read("LHR50-1.pem"));

        Assert.Equal(0, (await CreateAsync("edge", "LHR50-1", "--force")).ExitCode);
        Assert.NotEqual(certificate, Read("LHR50-1.pem"));
        Assert.Equal((authority, key), (Read("ca.pem"), Read("ca-key.pem")));
        Assert.Equal(["LHR50-1-key.pem", "LHR50-1.pem", "ca-key.pem", "ca.pem"], Directory.GetFiles(Certs).Select(System.IO.Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("edge", "lhr", "--name must be 3 letters")]
    [InlineData("region", "LHR50-1", "--name must be 2 or 3 words")]
    [InlineData("admin", "../ops", "--name must be 1 to 63")]
    [InlineData("admin", "ca", "--name \"ca\" is the authority's")]
    [InlineData("root", "ops", "want region, edge, admin or reader")]
    public async Task Create_WrongNameOrRole_IsAUsageErrorThatMakesNothing(string role, string name, string error)
    {
        var run = await CreateAsync(role, name);

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.Contains(error, run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Certs));
    }

    [Fact]
    public async Task Create_AuthorityWithoutItsKey_IsRefused()
    {
        await CreateAsync("edge", "LHR50-1");
        File.Delete(Path("ca-key.pem"));

        var run = await CreateAsync("edge", "LHR50-2");

        Assert.Equal(ExitCodes.Failed, run.ExitCode);
        Assert.Contains("ca-key.pem", run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path("LHR50-2.pem")));
    }

    [Fact]
    public async Task Certificates_OfNodesAndAdministrator_AreAllThatAMeshNeeds()
    {
        await CreateAsync("region", "eu-west-2");
        await CreateAsync("edge", "LHR50-1");
        await CreateAsync("admin", "ops");
        await CreateAsync("reader", "eyes");
        await using var region = await RegionNode.StartAsync(
            new RegionOptions { Name = "eu-west-2", Listen = "127.0.0.1:0", DataDirectory = _directory.File("data"), TlsCertificatePath = Path("eu-west-2.pem"), TlsKeyPath = Path("eu-west-2-key.pem"), ClientAuthorityPath = Path("ca.pem") },
            _ => { },
            CancellationToken.None);
        await using var edge = await EdgeLocationNode.StartAsync(
            new EdgeLocationOptions
            {
                Name = "LHR50-1",
                Listen = "127.0.0.1:0",
                Region = region.Address,
                CacheBytes = 32 << 20,
                TlsCertificatePath = Path("LHR50-1.pem"),
                TlsKeyPath = Path("LHR50-1-key.pem"),
                RegionAuthorityPath = Path("ca.pem"),
            },
            _ => { },
            CancellationToken.None);
        var start = TimeProvider.System.GetTimestamp();
        CliRun nodes;
        do
        {
            nodes = await AskAsync(region.Address, "eyes", "nodes");
            Assert.Equal((0, ""), (nodes.ExitCode, nodes.Error));
        }
        while (!nodes.Output.Contains("LHR50-1", StringComparison.Ordinal) && TimeProvider.System.GetElapsedTime(start) < TestDeadline.Default);

        Assert.Contains("LHR50-1", nodes.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await AskAsync(region.Address, "ops", "token", "create", "--role", "reader")).ExitCode);
        var denied = await AskAsync(region.Address, "eyes", "token", "create", "--role", "reader");
        Assert.NotEqual(0, denied.ExitCode);
        Assert.Contains("the role admin is needed", denied.Error, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Usages(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Cast<System.Security.Cryptography.Oid>().Select(usage => usage.Value!);

    private string Path(string file) => System.IO.Path.Combine(Certs, file);

    private string Read(string file) => File.ReadAllText(Path(file));

    private Task<CliRun> CreateAsync(string role, string name, params string[] more) =>
        CliRun.Of(["cert", "create", "--role", role, "--name", name, "--ca-dir", Certs, .. more]);

    private Task<CliRun> AskAsync(Uri node, string who, params string[] command) =>
        CliRun.Of([.. command, "--to", node.GetLeftPart(UriPartial.Authority), "--ca", Path("ca.pem"), "--tls-cert", Path($"{who}.pem"), "--tls-key", Path($"{who}-key.pem")]);
}

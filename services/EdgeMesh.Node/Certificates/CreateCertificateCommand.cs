using System.CommandLine;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeMesh.Admin.Access;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Values;
using EdgeMesh.Relay;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Certificates;

/// <summary><c>edgemesh cert create</c>.</summary>
internal sealed class CreateCertificateCommand : CliCommand
{
    private const string DefaultDirectory = "certs";
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    // What a directory's file name and a URI's path take as they are.
    private const int MaxNameLength = 63;

    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(365);

    private readonly Option<CertificatePurpose> _role = CliOption.Required<CertificatePurpose>("--role", "ROLE", "What it is for: region or edge, a node that serves TLS with it and, as an edge, joins by it; admin or reader, someone who administers nodes by it.", CertificatePurpose.TryRead);
    private readonly Option<string> _name = CliOption.RequiredText("--name", "NAME", "Whose it is: the node's name, such as LHR50-1, for a node.");
    private readonly Option<string[]> _hosts = CliOption.Many<string>("--host", "NAME_OR_IP", "A name or address that callers reach the node by, beside localhost, 127.0.0.1 and ::1.", TryReadHost);
    private readonly Option<string> _directory = CliOption.Value<string>("--ca-dir", "DIR", "Where the authority is, made when there is none, and where the certificate goes.", PlainText.TryRead, DefaultDirectory);
    private readonly Option<bool> _force = CliOption.Flag("--force", "Replace the certificate and key of that name, never the authority.");

    /// <summary>Creates the command.</summary>
    public CreateCertificateCommand(Terminal terminal)
        : base(
            "create",
            "Makes a certificate, valid for a year, and its key; signed by an authority for development, which it makes first when there is none.",
            [
                "edgemesh cert create --role region --name eu-west-2",
                "edgemesh cert create --role edge --name LHR50-1 --host lhr.example --host 192.0.2.7",
                "edgemesh cert create --role admin --name ops --ca-dir ./certs --force",
            ],
            terminal)
    {
        Add(_role);
        Add(_name);
        Add(_hosts);
        Add(_directory);
        Add(_force);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        // 1. Everything that can be wrong before a file is made.
        var (purpose, name, hosts, directory, force) = (parsed.GetRequiredValue(_role), parsed.GetRequiredValue(_name), parsed.GetRequiredValue(_hosts), parsed.GetRequiredValue(_directory), parsed.GetValue(_force));
        if (FindViolation(purpose, name) is { } violation)
        {
            throw new CliException($"--name {violation}", ExitCodes.Usage);
        }

        if (hosts.Length > 0 && !purpose.IsServer)
        {
            throw new CliException($"--host is for nodes, which are reached by a name: --role {purpose.Name} is not one", ExitCodes.Usage);
        }

        var (path, keyPath) = (PemFile.Certificate(directory, name), PemFile.Key(directory, name));
        if (!force && new[] { path, keyPath }.FirstOrDefault(File.Exists) is { } there)
        {
            throw new CliException($"'{there}' is there already: --force replaces it");
        }

        // 2. The key, before the certificate: a node that follows both has the old ones until both are new.
        var now = TimeProvider.System.GetUtcNow();
        using var authority = DevelopmentAuthority.Open(directory, now);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = authority.Sign(Request(purpose, name, hosts, key), now, Lifetime);
        PemFile.WriteSecret(keyPath, key.ExportPkcs8PrivateKeyPem(), force);
        PemFile.Write(path, certificate.ExportCertificatePem(), force);

        // 3. What there is now.
        if (authority.IsNew)
        {
            await Terminal.Out.WriteLineAsync($"{authority.Path}: a new authority; keep {PemFile.Key(directory, DevelopmentAuthority.FileName)} to yourself");
        }

        await Terminal.Out.WriteLineAsync($"{path}: {purpose.Name} {name}, valid until {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd}; its key is {keyPath}");
        return ExitCodes.Success;
    }

    private static CertificateRequest Request(CertificatePurpose purpose, string name, IEnumerable<string> hosts, ECDsa key)
    {
        var request = new CertificateRequest(new X500DistinguishedName($"CN={name}"), key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (purpose.IsServer)
        {
            foreach (var host in hosts.Concat(["localhost", "127.0.0.1", "::1"]).Distinct(StringComparer.OrdinalIgnoreCase))
            {
                if (IPAddress.TryParse(host, out var address))
                {
                    names.AddIpAddress(address);
                }
                else
                {
                    names.AddDnsName(host);
                }
            }
        }

        var usages = new OidCollection();
        if (purpose.IsServer)
        {
            usages.Add(new Oid(ServerAuthentication));
        }

        if (purpose.Role is { } role)
        {
            names.AddUri(new CertificateRole(role, name).ToUri());
            usages.Add(new Oid(ClientAuthentication));
        }

        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(usages, critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(names.Build());
        return request;
    }

    private static string? FindViolation(CertificatePurpose purpose, string name) => purpose.Name switch
    {
        "region" => NodeNames.FindViolation(NodeKind.Region, name),
        "edge" => NodeNames.IsLocalZone(name) ? null : NodeNames.FindViolation(NodeKind.EdgeLocation, name),
        _ when name == DevelopmentAuthority.FileName => $"\"{name}\" is the authority's: choose another",
        _ => name.Length is > 0 and <= MaxNameLength && name.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_')
            ? null
            : $"must be 1 to {MaxNameLength} letters, digits, '-' and '_', got {NodeNames.Quote(name)}",
    };

    private static bool TryReadHost(string text, out string value, out string error)
    {
        (value, error) = (text, "want a name like lhr.example, or an IP address without a port");
        return Uri.CheckHostName(text) is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6 && !text.Contains('[', StringComparison.Ordinal) && text.All(char.IsAscii);
    }
}

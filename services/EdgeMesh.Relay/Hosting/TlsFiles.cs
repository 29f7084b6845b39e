using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgeMesh.Relay.Hosting;

/// <summary>The PEM files that a node proves itself by, and those that say whom it trusts. All may be null.</summary>
/// <param name="CertificatePath">The certificate, then its chain; null: no TLS is served.</param>
/// <param name="KeyPath">Its private key; null when the certificate's is.</param>
/// <param name="ClientAuthorityPath">Roots whose client certificates open roles; null: none do.</param>
/// <param name="UpstreamAuthorityPath">Roots that may sign the upstream's certificate; null: those that the system trusts.</param>
public sealed record TlsFiles(string? CertificatePath, string? KeyPath, string? ClientAuthorityPath = null, string? UpstreamAuthorityPath = null)
{
    /// <summary>The option that names <see cref="UpstreamAuthorityPath"/>, for faults.</summary>
    public string UpstreamOption { get; init; } = "--region-ca";

    private const string CertificateBegins = "-----BEGIN CERTIFICATE-----";

    /// <summary>Those that there are.</summary>
    public IReadOnlyList<string> Paths => [.. new[] { CertificatePath, KeyPath, ClientAuthorityPath, UpstreamAuthorityPath }.OfType<string>().Distinct()];

    /// <summary>Reads all of them.</summary>
    /// <param name="now">An expired certificate is a fault.</param>
    /// <param name="failures">Gets one line a fault, beginning with the option's name.</param>
    /// <returns>What they hold; null when there were faults.</returns>
    public TlsModel? Read(DateTimeOffset now, ICollection<string> failures)
    {
        var faults = failures.Count;
        if ((CertificatePath is null) != (KeyPath is null))
        {
            failures.Add(KeyPath is null ? "--tls-key is missing: --tls-cert needs it" : "--tls-cert is missing: --tls-key needs it");
            return null;
        }

        if (ClientAuthorityPath is not null && CertificatePath is null)
        {
            failures.Add("--tls-cert and --tls-key are missing: --client-ca needs them, since only TLS has client certificates");
        }

        var certificate = CertificatePath is null ? null : ReadCertificate(CertificatePath, KeyPath!, now, failures);
        var clientAuthorities = ReadAuthorities("--client-ca", ClientAuthorityPath, failures);
        var upstreamAuthorities = UpstreamAuthorityPath == ClientAuthorityPath ? clientAuthorities : ReadAuthorities(UpstreamOption, UpstreamAuthorityPath, failures);
        return failures.Count == faults ? new TlsModel(certificate, clientAuthorities, upstreamAuthorities) : null;
    }

    private static SslStreamCertificateContext? ReadCertificate(string path, string keyPath, DateTimeOffset now, ICollection<string> failures)
    {
        try
        {
            var certificate = X509Certificate2.CreateFromPemFile(path, keyPath);
            if (certificate.NotAfter <= now.LocalDateTime)
            {
                failures.Add($"--tls-cert \"{path}\" expired at {certificate.NotAfter.ToUniversalTime():u}");
                return null;
            }

            // The first is the node's own. Nothing is looked up on the network for those that are missing.
            var chain = ReadAll(path);
            chain.RemoveAt(0);
            return SslStreamCertificateContext.Create(certificate, chain, offline: true);
        }
        catch (Exception fault) when (IsOfTheFile(fault))
        {
            failures.Add($"--tls-cert \"{path}\" with --tls-key \"{keyPath}\" cannot be read: {fault.Message}");
            return null;
        }
    }

    private static X509Certificate2Collection? ReadAuthorities(string option, string? path, ICollection<string> failures)
    {
        if (path is null)
        {
            return null;
        }

        try
        {
            var authorities = ReadAll(path);
            if (authorities.Count > 0)
            {
                return authorities;
            }

            failures.Add($"{option} \"{path}\" holds no certificate");
        }
        catch (Exception fault) when (IsOfTheFile(fault))
        {
            failures.Add($"{option} \"{path}\" cannot be read: {fault.Message}");
        }

        return null;
    }

    /// <summary>An ArgumentException is what the reader of PEM says of a key that is another certificate's.</summary>
    private static bool IsOfTheFile(Exception fault) => fault is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException;

    /// <summary>Reads every certificate of a file. The reader of PEM passes over a block that has no end, which a file that is being written may have.</summary>
    private static X509Certificate2Collection ReadAll(string path)
    {
        var text = File.ReadAllText(path);
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPem(text);
        return certificates.Count == text.Split(CertificateBegins).Length - 1
            ? certificates
            : throw new CryptographicException("a certificate in it is cut off");
    }
}

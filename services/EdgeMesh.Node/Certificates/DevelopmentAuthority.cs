using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeMesh.Node.CommandLine;

namespace EdgeMesh.Node.Certificates;

/// <summary>A certificate authority in a directory, <c>ca.pem</c> and <c>ca-key.pem</c>, for machines of one's own: whoever has the key may do anything in the mesh.</summary>
internal sealed class DevelopmentAuthority : IDisposable
{
    /// <summary>Its certificate's file, without the extension: no node's file may have that name.</summary>
    public const string FileName = "ca";

    // A clock that is behind takes the certificate all the same.
    private static readonly TimeSpan Backdating = TimeSpan.FromHours(1);
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(3650);

    private readonly X509Certificate2 _certificate;

    private DevelopmentAuthority(X509Certificate2 certificate, string path, bool isNew)
    {
        _certificate = certificate;
        Path = path;
        IsNew = isNew;
    }

    /// <summary>Where its certificate is.</summary>
    public string Path { get; }

    /// <summary>Whether it was made now.</summary>
    public bool IsNew { get; }

    /// <summary>Takes the one that is there, or makes one.</summary>
    /// <exception cref="CliException">What is there cannot be used.</exception>
    public static DevelopmentAuthority Open(string directory, DateTimeOffset now)
    {
        var (path, keyPath) = (PemFile.Certificate(directory, FileName), PemFile.Key(directory, FileName));
        var there = File.Exists(path);
        if (there != File.Exists(keyPath))
        {
            throw new CliException($"'{(there ? path : keyPath)}' is there without '{(there ? keyPath : path)}': put that back, or choose another --ca-dir");
        }

        return there ? Read(path, keyPath, now) : Create(path, keyPath, now);
    }

    /// <summary>Signs a certificate.</summary>
    /// <param name="request">For whom.</param>
    /// <param name="now">Valid from an hour before.</param>
    /// <param name="lifetime">How long, as far as the authority itself is valid.</param>
    public X509Certificate2 Sign(CertificateRequest request, DateTimeOffset now, TimeSpan lifetime)
    {
        var identifier = _certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().FirstOrDefault();
        if (identifier is not null)
        {
            request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(identifier));
        }

        var begin = now - Backdating;
        var end = now + lifetime;

        // 127 random bits, positive (RFC 5280, section 4.1.2.2).
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x7F) | 0x40);
        return request.Create(
            _certificate, begin < _certificate.NotBefore ? _certificate.NotBefore : begin, end > _certificate.NotAfter ? _certificate.NotAfter : end, serial);
    }

    /// <inheritdoc/>
    public void Dispose() => _certificate.Dispose();

    private static DevelopmentAuthority Create(string path, string keyPath, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=EdgeMesh development authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var certificate = request.CreateSelfSigned(now - Backdating, now + Lifetime);
        PemFile.WriteSecret(keyPath, key.ExportPkcs8PrivateKeyPem(), overwrite: false);
        PemFile.Write(path, certificate.ExportCertificatePem(), overwrite: false);
        return new(certificate, path, isNew: true);
    }

    private static DevelopmentAuthority Read(string path, string keyPath, DateTimeOffset now)
    {
        X509Certificate2 certificate;
        try
        {
            certificate = X509Certificate2.CreateFromPemFile(path, keyPath);
        }
        catch (Exception fault) when (fault is CryptographicException or ArgumentException)
        {
            throw new CliException($"'{path}' with '{keyPath}' cannot be read: {FailureMessage.OneLine(fault.Message)}", inner: fault);
        }

        var fit = !certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraints => constraints.CertificateAuthority) ? "is no authority's certificate"
            : certificate.NotAfter <= now.LocalDateTime ? $"expired at {certificate.NotAfter.ToUniversalTime():u}"
            : null;
        return fit is null ? new(certificate, path, isNew: false) : throw new CliException($"'{path}' {fit}: choose another --ca-dir");
    }
}

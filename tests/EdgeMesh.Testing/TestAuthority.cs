using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgeMesh.Testing;

/// <summary>A certificate authority, itself a root or signed by another one. Its certificates are for servers on this machine and for clients.</summary>
public sealed class TestAuthority : IDisposable
{
    private static readonly Oid Server = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid Client = new("1.3.6.1.5.5.7.3.2");

    private readonly X509Certificate2 _certificate;

    /// <summary>Makes one.</summary>
    public TestAuthority(string name, TestAuthority? parent = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        if (parent is null)
        {
            _certificate = request.CreateSelfSigned(now.AddDays(-2), now.AddDays(2));
        }
        else
        {
            using var signed = request.Create(parent._certificate, now.AddDays(-2), now.AddDays(1), RandomNumberGenerator.GetBytes(8));
            _certificate = signed.CopyWithPrivateKey(key);
        }
    }

    /// <summary>Its certificate.</summary>
    public X509Certificate2 Certificate => _certificate;

    /// <summary>Signs a certificate; the caller disposes of it.</summary>
    /// <param name="uris">Its names that are URIs.</param>
    /// <param name="isExpired">Whether it was valid until yesterday only.</param>
    /// <param name="isForClients">Whether clients may show it.</param>
    public X509Certificate2 Issue(IEnumerable<string> uris, bool isExpired = false, bool isForClients = true)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        foreach (var uri in uris)
        {
            names.AddUri(new Uri(uri));
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(isForClients ? [Server, Client] : [Server], critical: false));
        var now = TimeProvider.System.GetUtcNow();
        using var signed = request.Create(_certificate, now.AddDays(-1.5), isExpired ? now.AddDays(-1) : now.AddHours(12), RandomNumberGenerator.GetBytes(8));
        return signed.CopyWithPrivateKey(key);
    }

    /// <summary>Writes a certificate, what follows it in its file, and its key.</summary>
    public static void Write(X509Certificate2 certificate, string path, string keyPath, params X509Certificate2[] chain)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        File.WriteAllText(keyPath, key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(path, string.Join('\n', chain.Prepend(certificate).Select(one => one.ExportCertificatePem())));
    }

    /// <inheritdoc/>
    public void Dispose() => _certificate.Dispose();
}

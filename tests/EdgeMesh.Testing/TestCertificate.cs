using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgeMesh.Testing;

/// <summary>A self-signed certificate with its key for <c>localhost</c>, <c>127.0.0.1</c> and <c>::1</c>, for tests over TLS.</summary>
/// <remarks>ECDSA P-256, valid for a day. It is its own authority: a client trusts it by its PEM file or its thumbprint.</remarks>
public sealed class TestCertificate : IDisposable
{
    /// <summary>Makes a new one.</summary>
    public TestCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        var now = TimeProvider.System.GetUtcNow();

        // An hour back, for foreign clients on a clock that is behind ours.
        Certificate = request.CreateSelfSigned(now.AddHours(-1), now.AddDays(1));
        CertificatePem = Certificate.ExportCertificatePem();
        KeyPem = key.ExportPkcs8PrivateKeyPem();
    }

    /// <summary>The certificate with its private key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The certificate alone, PEM.</summary>
    public string CertificatePem { get; }

    /// <summary>The private key, PKCS #8 PEM.</summary>
    public string KeyPem { get; }

    /// <summary>Writes <c>cert.pem</c> and <c>key.pem</c>, as servers and clients in other languages take them.</summary>
    /// <returns>Their paths.</returns>
    public (string CertificatePath, string KeyPath) WritePem(TempDirectory directory)
    {
        var paths = (directory.File("cert.pem"), directory.File("key.pem"));
        File.WriteAllText(paths.Item1, CertificatePem);
        File.WriteAllText(paths.Item2, KeyPem);
        return paths;
    }

    /// <inheritdoc/>
    public void Dispose() => Certificate.Dispose();
}

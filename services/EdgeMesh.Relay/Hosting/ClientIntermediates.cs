using System.Security.Cryptography.X509Certificates;

namespace EdgeMesh.Relay.Hosting;

/// <summary>What a client sent beside its own certificate in the handshake, to lead from it to a root. A feature of the connection.</summary>
/// <param name="Certificates">Unchecked; the connection's for as long as it lives.</param>
public sealed record ClientIntermediates(X509Certificate2Collection Certificates)
{
    // Longer chains than any in use; the handshake itself bounds their bytes.
    private const int MaxCount = 8;

    /// <summary>Copies those that a handshake's chain was given: its own are gone after it.</summary>
    internal static ClientIntermediates CopyFrom(X509Chain chain) =>
        new([.. chain.ChainPolicy.ExtraStore.Take(MaxCount).Select(certificate => X509CertificateLoader.LoadCertificate(certificate.RawData))]);
}

using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace EdgeMesh.Relay.Hosting;

/// <summary>What a node proves itself by and whom it trusts, as its files say at one time. Immutable.</summary>
/// <param name="Certificate">Its certificate with key and chain; null: it serves no TLS and shows none.</param>
/// <param name="ClientAuthorities">Roots whose client certificates open roles; null: none do.</param>
/// <param name="UpstreamAuthorities">Roots that may sign the upstream's certificate; null: those that the system trusts.</param>
public sealed record TlsModel(SslStreamCertificateContext? Certificate, X509Certificate2Collection? ClientAuthorities, X509Certificate2Collection? UpstreamAuthorities);

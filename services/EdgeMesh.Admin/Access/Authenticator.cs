using System.Security.Cryptography.X509Certificates;
using EdgeMesh.Relay.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace EdgeMesh.Admin.Access;

/// <summary>What came of looking at a request's credentials: an identity, a fault, or neither when there are none.</summary>
/// <param name="Identity">Who asks.</param>
/// <param name="Fault">What is wrong with the credential; says nothing of its content.</param>
internal readonly record struct Authentication(CallerIdentity? Identity, string? Fault);

/// <summary>Recognises callers: by token, <c>authorization: Bearer emt_...</c> (RFC 6750), else by client certificate.</summary>
/// <param name="tokens">The tokens in service.</param>
/// <param name="authorities">Who signs client certificates, now; null: certificates say nothing.</param>
/// <remarks>Thread-safe. A request with a token is judged by the token alone, so that a wrong one is never made good by something else.</remarks>
public sealed class Authenticator(TokenTable tokens, Func<X509Certificate2Collection?> authorities)
{
    private const string Scheme = "Bearer ";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    internal Authentication Authenticate(HttpContext context) =>
        context.Request.Headers.Authorization is { Count: > 0 } authorization ? ByToken(authorization)
        : context.Connection.ClientCertificate is { } certificate && authorities() is { } trusted ? ByCertificate(certificate, trusted, context.Features.Get<ClientIntermediates>()?.Certificates)
        : default;

    private Authentication ByToken(StringValues authorization)
    {
        if (authorization is not [{ } text] || !text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return new(null, "authorization must be one \"Bearer TOKEN\"");
        }

        var token = text[Scheme.Length..];
        return tokens.Find(token) is { } role
            ? new(new CallerIdentity(role, null, () => tokens.Find(token) >= role), null)
            : new(null, "the token is not in service here");
    }

    private Authentication ByCertificate(X509Certificate2 certificate, X509Certificate2Collection trusted, X509Certificate2Collection? intermediates)
    {
        if (!IsSigned(certificate, trusted, intermediates))
        {
            return new(null, "the client certificate is not one that --client-ca signed for clients, or not valid now");
        }

        // The certificate is the connection's, which a stream may outlive by a moment.
        var copy = certificate.RawData;
        return CertificateRole.Read(certificate) is { } role
            ? new(new CallerIdentity(role.Role, role.Name, () => authorities() is { } now && IsSigned(X509CertificateLoader.LoadCertificate(copy), now, intermediates)), null)
            : new(null, "the client certificate names no role");
    }

    private static bool IsSigned(X509Certificate2 certificate, X509Certificate2Collection trusted, X509Certificate2Collection? intermediates)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.CustomTrustStore.AddRange(trusted);
        chain.ChainPolicy.ExtraStore.AddRange(intermediates ?? []);
        chain.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid(ClientAuthentication));
        return chain.Build(certificate);
    }
}

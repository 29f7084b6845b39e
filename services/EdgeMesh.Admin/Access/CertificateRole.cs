using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace EdgeMesh.Admin.Access;

/// <summary>The role and name in a client certificate: the subject alternative name <c>edgemesh://ROLE/NAME</c> (a URI, RFC 5280, section 4.2.1.6).</summary>
/// <param name="Role">What its holder may do.</param>
/// <param name="Name">Whose it is: a node's name for the role edge.</param>
public sealed record CertificateRole(Role Role, string Name)
{
    private const string Scheme = "edgemesh://";
    private const string SubjectAlternativeName = "2.5.29.17";
    private static readonly Asn1Tag UriTag = new(TagClass.ContextSpecific, 6);

    /// <summary>The URI that a certificate carries for it.</summary>
    public Uri ToUri() => new($"{Scheme}{Role.Show()}/{Name}");

    /// <summary>Reads it; null when the certificate names no role, or more than one.</summary>
    public static CertificateRole? Read(X509Certificate2 certificate)
    {
        var roles = certificate.Extensions.Where(extension => extension.Oid?.Value == SubjectAlternativeName).SelectMany(Uris).Select(Parse).OfType<CertificateRole>().ToList();
        return roles.Count == 1 ? roles[0] : null;
    }

    private static List<string> Uris(X509Extension extension)
    {
        var uris = new List<string>();
        try
        {
            var names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
            while (names.HasData)
            {
                if (names.PeekTag().HasSameClassAndValue(UriTag))
                {
                    uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, UriTag));
                }
                else
                {
                    names.ReadEncodedValue();
                }
            }
        }
        catch (AsnContentException)
        {
            // Not a list of names: it names no role.
            return [];
        }

        return uris;
    }

    private static CertificateRole? Parse(string uri) =>
        uri.StartsWith(Scheme, StringComparison.Ordinal) && uri[Scheme.Length..].Split('/') is [var role, { Length: > 0 } name] && RoleNames.TryRead(role, out var known)
            ? new(known, name)
            : null;
}

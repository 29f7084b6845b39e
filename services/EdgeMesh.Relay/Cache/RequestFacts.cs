using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using EdgeMesh.Relay.Metadata;
using EdgeMesh.Relay.Policies;
using EdgeMesh.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace EdgeMesh.Relay.Cache;

/// <summary>What a request's metadata means to the cache, read in one pass.</summary>
internal readonly struct RequestFacts
{
    private RequestFacts(string path, string host, string contentType, string? encoding, StringValues acceptedEncodings, byte[]? identity, List<KeyValuePair<string, StringValues>>? influences, MethodRule? rule, StringValues[] keyed, RequestDirectives directives)
    {
        Path = path;
        Host = host;
        ContentType = contentType;
        Encoding = encoding;
        AcceptedEncodings = acceptedEncodings;
        Identity = identity;
        Influences = influences;
        Rule = rule;
        Keyed = keyed;
        Directives = directives;
    }

    /// <summary><c>/package.Service/Method</c>.</summary>
    public string Path { get; }

    /// <summary>The host that the caller asked for: <c>x-forwarded-host</c> of an edge below, else the authority.</summary>
    public string Host { get; }

    /// <summary>Media type in lower case.</summary>
    public string ContentType { get; }

    /// <summary>The coding of compressed request messages; null: none was named.</summary>
    public string? Encoding { get; }

    /// <summary>Codings of messages that the caller takes.</summary>
    public StringValues AcceptedEncodings { get; }

    /// <summary>Whether the caller takes messages coded by gzip.</summary>
    public bool AcceptsGzip => Names(AcceptedEncodings, "gzip");

    /// <summary>SHA-256 over all credentials; null: the call has none, or policy lets all callers share answers.</summary>
    public byte[]? Identity { get; }

    /// <summary>Fields that may change the answer and are not in the key, names in lower case, in ordinal order; null: none, as under policy, where upstream is not sent them.</summary>
    public List<KeyValuePair<string, StringValues>>? Influences { get; }

    /// <summary>What policy says of the method; null: nothing.</summary>
    public MethodRule? Rule { get; }

    /// <summary>Values of the rule's key metadata, in its order.</summary>
    public StringValues[] Keyed { get; }

    /// <summary>What the caller asks of the cache, as far as policy lets that count.</summary>
    public RequestDirectives Directives { get; }

    /// <summary>Reads a request.</summary>
    public static RequestFacts Read(HttpContext context, string path, MethodRule? rule) =>
        Read(context.Request.Headers, context.Request.Host.Value, context.Request.IsHttps ? context.Connection.ClientCertificate : null, path, rule);

    /// <summary>Reads a request's metadata.</summary>
    public static RequestFacts Read(IHeaderDictionary headers, string? host, X509Certificate2? certificate, string path, MethodRule? rule)
    {
        var contentType = HeaderNames.GrpcContentType;
        string? encoding = null;
        string? forwardedHost = null;
        var acceptedEncodings = StringValues.Empty;
        List<KeyValuePair<string, StringValues>>? credentials = null;
        List<KeyValuePair<string, StringValues>>? influences = null;
        foreach (var (name, values) in headers)
        {
            switch (RequestMetadata.Classify(name))
            {
                case MetadataClass.Influence when rule is not null:
                    if (rule is { IsShared: false } && rule.IsCredential(name))
                    {
                        (credentials ??= []).Add(new(name.ToLowerInvariant(), values));
                    }

                    break;
                case MetadataClass.Influence:
                    (influences ??= []).Add(new(name.ToLowerInvariant(), values));
                    break;
                case MetadataClass.Credential when rule is not { IsShared: true }:
                    (credentials ??= []).Add(new(name.ToLowerInvariant(), values));
                    break;
                case MetadataClass.Host:
                    forwardedHost = values.ToString();
                    break;
                case MetadataClass.Inert when name.Equals(HeaderNames.GrpcAcceptEncoding, StringComparison.OrdinalIgnoreCase):
                    acceptedEncodings = values;
                    break;
                case MetadataClass.Protocol when name.Equals(HeaderNames.ContentType, StringComparison.OrdinalIgnoreCase):
                    contentType = values == HeaderNames.GrpcContentType ? HeaderNames.GrpcContentType : values.ToString().ToLowerInvariant();
                    break;
                case MetadataClass.Protocol when name.Equals(HeaderNames.GrpcEncoding, StringComparison.OrdinalIgnoreCase):
                    encoding = values.ToString();
                    break;
            }
        }

        influences?.Sort(ByName);
        byte[]? identity = null;
        certificate = rule is { IsShared: true } ? null : certificate;
        if (credentials is not null || certificate is not null)
        {
            credentials?.Sort(ByName);
            identity = FieldDigest.Compute(credentials ?? [], certificate?.GetCertHash(HashAlgorithmName.SHA256));
        }

        var directives = rule is null ? default : RequestDirectives.Read(headers.CacheControl, rule.Directives);
        return new RequestFacts(path, forwardedHost ?? host ?? string.Empty, contentType, encoding, acceptedEncodings, identity, influences, rule, ReadKeyed(headers, rule), directives);
    }

    /// <summary>Whether every field that may change the answer is among <paramref name="varyNames"/>.</summary>
    public bool AreInfluencesWithin(string[] varyNames)
    {
        if (Influences is not null)
        {
            foreach (var (name, _) in Influences)
            {
                if (Array.BinarySearch(varyNames, name, StringComparer.Ordinal) < 0)
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static StringValues[] ReadKeyed(IHeaderDictionary headers, MethodRule? rule)
    {
        if (rule is null or { KeyMetadata.Length: 0 })
        {
            return [];
        }

        var keyed = new StringValues[rule.KeyMetadata.Length];
        for (var i = 0; i < keyed.Length; i++)
        {
            keyed[i] = headers[rule.KeyMetadata[i]];
        }

        return keyed;
    }

    private static int ByName(KeyValuePair<string, StringValues> left, KeyValuePair<string, StringValues> right) => string.CompareOrdinal(left.Key, right.Key);

    private static bool Names(StringValues list, string coding)
    {
        foreach (var value in list)
        {
            foreach (var range in value.AsSpan().Split(','))
            {
                if (value.AsSpan()[range].Trim(' ').Equals(coding, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }
}

/// <summary>Digests of metadata, so that no credential is kept with a key.</summary>
internal static class FieldDigest
{
    /// <summary>Bytes of a digest.</summary>
    public const int SizeBytes = SHA256.HashSizeInBytes;

    /// <summary>SHA-256 over names and values, each with its length, and optionally more bytes.</summary>
    public static byte[] Compute(IReadOnlyList<KeyValuePair<string, StringValues>> fields, byte[]? more = null)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (var (name, values) in fields)
        {
            Append(name, length);
            BitConverter.TryWriteBytes(length, values.Count);
            hash.AppendData(length);
            foreach (var value in values)
            {
                Append(value ?? string.Empty, length);
            }
        }

        if (more is not null)
        {
            hash.AppendData(more);
        }

        return hash.GetHashAndReset();

        void Append(string text, Span<byte> lengthBytes)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            BitConverter.TryWriteBytes(lengthBytes, bytes.Length);
            hash.AppendData(lengthBytes);
            hash.AppendData(bytes);
        }
    }
}

using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using EdgeMesh.Storage.Grammar;

namespace EdgeMesh.Storage.Listing;

/// <summary>Where the next page of a listing begins, as opaque text that belongs to that listing alone.</summary>
/// <remarks>
/// Base64url of: version (1 byte), digest of what is listed (8 bytes), first key of the page. The digest tells mistakes, not forgeries:
/// a forged token reaches nothing that a prefix would not. Stateless; thread-safe.
/// </remarks>
internal static class PageToken
{
    private const byte Version = 1;
    private const int DigestBytes = 8;
    private const int HeaderBytes = 1 + DigestBytes;

    // More than any key's token has; longer ones are not decoded.
    private const int MaxChars = 2048;

    /// <summary>Makes a token.</summary>
    /// <param name="from">First key of the next page.</param>
    /// <param name="listing">What is listed: bucket, prefix, delimiter.</param>
    internal static string Make(ReadOnlySpan<byte> from, params ReadOnlySpan<string> listing)
    {
        var token = new byte[HeaderBytes + from.Length];
        token[0] = Version;
        Digest(listing, token.AsSpan(1, DigestBytes));
        from.CopyTo(token.AsSpan(HeaderBytes));
        return Base64Url.EncodeToString(token);
    }

    /// <summary>Reads a token, noting a violation when it is not one of this listing.</summary>
    /// <param name="token">As received; empty: the first page.</param>
    /// <param name="first">Where the listing begins: what an empty token stands for.</param>
    /// <param name="past">Where it ends: no token points there or beyond.</param>
    /// <param name="violations">Where a violation is noted.</param>
    /// <param name="listing">What is listed.</param>
    /// <returns>First key of the page.</returns>
    internal static byte[] Read(string token, byte[] first, byte[] past, Violations violations, params ReadOnlySpan<string> listing)
    {
        if (token.Length == 0)
        {
            return first;
        }

        Span<byte> expected = stackalloc byte[HeaderBytes];
        expected[0] = Version;
        Digest(listing, expected[1..]);
        if (token.Length <= MaxChars && Base64Url.IsValid(token))
        {
            var bytes = Base64Url.DecodeFromChars(token);
            if (bytes.AsSpan().StartsWith(expected))
            {
                var from = bytes.AsSpan(HeaderBytes);
                if (from.SequenceCompareTo(first) >= 0 && from.SequenceCompareTo(past) < 0)
                {
                    return from.ToArray();
                }
            }
        }

        violations.Add("page_token", "must be the next_page_token of the same listing", Violations.Shown(token));
        return first;
    }

    private static void Digest(ReadOnlySpan<string> listing, Span<byte> digest)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in listing)
        {
            // 0xFF is in no UTF-8, so it keeps the parts apart.
            hash.AppendData(Encoding.UTF8.GetBytes(part));
            hash.AppendData([0xFF]);
        }

        Span<byte> full = stackalloc byte[ObjectLimits.Sha256Bytes];
        hash.GetHashAndReset(full);
        full[..DigestBytes].CopyTo(digest);
    }
}

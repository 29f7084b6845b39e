using System.Collections.Frozen;
using System.Security.Cryptography;
using EdgeMesh.V1;

namespace EdgeMesh.Admin.Access;

/// <summary>The tokens that a node recognises, by digest. A Region fills it from its store, every other node from the topology, and keeps it while the Region is away.</summary>
/// <remarks>Thread-safe: one volatile reference to an immutable snapshot.</remarks>
public sealed class TokenTable
{
    private volatile FrozenDictionary<string, TokenDigest> _digests = FrozenDictionary<string, TokenDigest>.Empty;

    /// <summary>Takes over what is in service now, in place of all from before.</summary>
    /// <param name="digests">Kept: not to be changed afterwards. Those that are not 32 bytes, or have no role, are never matched.</param>
    public void Replace(IEnumerable<TokenDigest> digests) =>
        _digests = digests.DistinctBy(digest => digest.Id).ToFrozenDictionary(digest => digest.Id, StringComparer.Ordinal);

    /// <summary>The role of a token; null: not in service. Compares digests in constant time.</summary>
    public Role? Find(string text)
    {
        if (!TokenText.TryReadId(text, out var id) || !_digests.TryGetValue(id, out var digest))
        {
            return null;
        }

        var isSame = CryptographicOperations.FixedTimeEquals(TokenText.Digest(text), digest.Sha256.Span);
        return isSame && digest.Role != TokenRole.Unspecified && Enum.IsDefined(digest.Role) ? (Role)digest.Role : null;
    }
}

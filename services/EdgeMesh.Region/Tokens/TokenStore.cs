using System.Text.Json;
using EdgeMesh.Admin.Access;
using EdgeMesh.Storage;
using EdgeMesh.Storage.Bodies;
using EdgeMesh.V1;

namespace EdgeMesh.Region.Tokens;

/// <summary>What became of an attempt to revoke a token.</summary>
internal enum RevokeOutcome
{
    /// <summary>It is out of service.</summary>
    Revoked,

    /// <summary>No token has the id.</summary>
    NotFound,

    /// <summary>It comes from a file.</summary>
    FromFile,
}

/// <summary>The tokens of a Region: made, listed and revoked here, kept as digests in one file of its data directory.</summary>
/// <remarks>
/// Thread-safe: one lock owns the list and the file. A change is on the disk
/// before it is told to anybody: a token that was shown works after a power loss, and one that was revoked stays so.
/// </remarks>
internal sealed class TokenStore
{
    /// <summary>Most tokens: one for each node of a mesh is not needed, and a topology with all of them stays small.</summary>
    public const int MaxTokens = 1000;

    private const string FileName = "tokens.json";

    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly TimeProvider _time;
    private List<StoredToken> _tokens;
    private StoredToken? _fromFile;

    private TokenStore(string path, List<StoredToken> tokens, TimeProvider time) => (_path, _tokens, _time) = (path, tokens, time);

    /// <summary>Raised after each change, in order, under the lock: handlers must be quick and not come back.</summary>
    public event Action<IReadOnlyList<TokenDigest>>? Changed;

    /// <summary>Reads the tokens of a data directory, which its owner has locked.</summary>
    /// <exception cref="DataDirectoryException">Their file cannot be read, or is not one.</exception>
    public static TokenStore Open(string dataDirectory, TimeProvider time)
    {
        var path = Path.Combine(dataDirectory, FileName);
        try
        {
            var tokens = File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), StoredTokenContext.Default.StoredTokenArray) ?? [] : [];
            return Array.TrueForAll(tokens, token => token is { IsValid: true })
                ? new TokenStore(path, [.. tokens], time)
                : throw new DataDirectoryException($"'{path}' is damaged: not every entry is a token");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new DataDirectoryException($"'{path}' cannot be read: {fault.Message}", fault);
        }
    }

    /// <summary>What nodes need to recognise the tokens in service.</summary>
    public IReadOnlyList<TokenDigest> ReadDigests()
    {
        lock (_gate)
        {
            return DigestsLocked();
        }
    }

    /// <summary>The tokens in service, the one from a file before all, then the oldest first.</summary>
    public IReadOnlyList<TokenInfo> List()
    {
        lock (_gate)
        {
            return [.. AllLocked().Select(token => token.ToInfo())];
        }
    }

    /// <summary>Makes a token.</summary>
    /// <returns>Its text, which is not kept, and what is; null when there are too many.</returns>
    /// <exception cref="IOException">It cannot be kept: it was not made.</exception>
    public (string Text, TokenInfo Info)? Create(Role role, string note)
    {
        var text = TokenText.Create();
        lock (_gate)
        {
            if (_tokens.Count >= MaxTokens)
            {
                return null;
            }

            var token = StoredToken.Of(text, role, _time.GetUtcNow(), note);
            KeepLocked([.. _tokens, token]);
            return (text, token.ToInfo());
        }
    }

    /// <summary>Takes a token out of service.</summary>
    /// <param name="id">Its public part.</param>
    /// <param name="info">What it was, when it is revoked.</param>
    /// <exception cref="IOException">That cannot be kept: the token is in service still.</exception>
    public RevokeOutcome Revoke(string id, out TokenInfo? info)
    {
        lock (_gate)
        {
            info = null;
            if (_tokens.Find(token => token.Id == id) is not { } revoked)
            {
                return _fromFile?.Id == id ? RevokeOutcome.FromFile : RevokeOutcome.NotFound;
            }

            KeepLocked([.. _tokens.Where(token => token != revoked)]);
            info = revoked.ToInfo();
            return RevokeOutcome.Revoked;
        }
    }

    /// <summary>Takes over the token that a file holds now, with the role edge; null: none.</summary>
    public void SetFromFile(string? text)
    {
        lock (_gate)
        {
            _fromFile = text is null ? null : StoredToken.Of(text, Role.Edge, created: null, note: "");
            Changed?.Invoke(DigestsLocked());
        }
    }

    private IEnumerable<StoredToken> AllLocked() => _fromFile is null ? _tokens : _tokens.Prepend(_fromFile);

    private List<TokenDigest> DigestsLocked() => [.. AllLocked().Select(token => token.ToDigest())];

    private void KeepLocked(List<StoredToken> tokens)
    {
        DurableFiles.Replace(_path, JsonSerializer.SerializeToUtf8Bytes([.. tokens], StoredTokenContext.Default.StoredTokenArray));
        _tokens = tokens;
        Changed?.Invoke(DigestsLocked());
    }
}

using System.Text.Json.Serialization;
using EdgeMesh.Admin.Access;
using EdgeMesh.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace EdgeMesh.Region.Tokens;

/// <summary>A token as a Region keeps it: without its secret.</summary>
/// <param name="Id">Its public part.</param>
/// <param name="Role">What its holder may do: <c>admin</c>, <c>edge</c>, <c>reader</c>.</param>
/// <param name="Sha256">SHA-256 of its text, 64 hexadecimal digits.</param>
/// <param name="Created">When it was made; null for one from a file.</param>
/// <param name="Note">Whose it is; may be empty.</param>
internal sealed record StoredToken(string Id, string Role, string Sha256, DateTimeOffset? Created, string Note)
{
    /// <summary>What is kept of a token.</summary>
    public static StoredToken Of(string text, Role role, DateTimeOffset? created, string note) =>
        new(TokenText.TryReadId(text, out var id) ? id : throw new ArgumentException("not a token", nameof(text)), role.Show(), Convert.ToHexStringLower(TokenText.Digest(text)), created, note);

    /// <summary>Whether each field is as this program writes it.</summary>
    [JsonIgnore]
    public bool IsValid => Id is { Length: > 0 } && RoleNames.TryRead(Role ?? "", out _) && Sha256 is { Length: 64 } && Sha256.All(char.IsAsciiHexDigit) && Note is not null;

    private TokenRole ProtoRole => RoleNames.TryRead(Role, out var role) ? (TokenRole)role : TokenRole.Unspecified;

    /// <summary>For people.</summary>
    public TokenInfo ToInfo() => new() { Id = Id, Role = ProtoRole, Note = Note, CreateTime = Created is { } created ? Timestamp.FromDateTimeOffset(created) : null, FromFile = Created is null };

    /// <summary>For nodes.</summary>
    public TokenDigest ToDigest() => new() { Id = Id, Role = ProtoRole, Sha256 = ByteString.CopyFrom(Convert.FromHexString(Sha256)) };
}

/// <summary>The form of the token file.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(StoredToken[]))]
internal sealed partial class StoredTokenContext : JsonSerializerContext;

using System.ComponentModel;
using EdgeMesh.Admin.Access;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Contracts;

/// <summary>A token without its secret, in the JSON of <c>token ls</c> and <c>token revoke</c>.</summary>
internal sealed record TokenJson(
    [property: Description("Its public part.")] string Id,
    [property: Description("What its holder may do: admin, edge or reader.")] string Role,
    [property: Description("Whose it is, in its maker's words; may be empty.")] string Note,
    [property: Description("When it was made, ISO 8601 in UTC; null for the one of --edge-token-file.")] DateTimeOffset? Created)
{
    /// <summary>What a Region says of a token, as JSON.</summary>
    public static TokenJson Of(TokenInfo info) => new(info.Id, ((Role)info.Role).Show(), info.Note, info.CreateTime?.ToDateTimeOffset());
}

/// <summary>Answer of <c>token create</c>.</summary>
internal sealed record NewTokenJson(
    [property: Description("What is kept of it.")] TokenJson Info,
    [property: Description("The token itself, shown this once.")] string Token);

/// <summary>Answer of <c>token ls</c>.</summary>
internal sealed record TokensJson(
    [property: Description("The one of --edge-token-file, then the oldest first.")] IReadOnlyList<TokenJson> Tokens);

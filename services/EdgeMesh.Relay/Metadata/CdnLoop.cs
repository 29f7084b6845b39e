using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace EdgeMesh.Relay.Metadata;

/// <summary>The nodes that a call has passed, which each adds itself to: a call that comes back is refused instead of going round for ever.</summary>
/// <remarks>
/// RFC 8586. Goes to origins, too, since one may be an edge of the mesh, or stand behind one. Whoever sends it claims to be a node, and
/// is told of how far in the log an answer is; nothing opens by it. Stateless; thread-safe.
/// </remarks>
internal static class CdnLoop
{
    /// <summary>The field.</summary>
    public const string Name = "cdn-loop";

    // More tiers than anybody has; a bound on what a caller can make go on.
    private const int MaxNodes = 16;
    private const int MaxLength = 1024;

    /// <summary>Whether a call comes from a node, as it says.</summary>
    public static bool IsPresent(HttpContext context) => context.Request.Headers.ContainsKey(Name);

    /// <summary>Why a call must not go on; null: it may.</summary>
    public static string? FindRefusal(HttpContext context, string node)
    {
        if (!context.Request.Headers.TryGetValue(Name, out var values))
        {
            return null;
        }

        var text = values.ToString();
        if (text.Length > MaxLength)
        {
            return $"{Name} must have up to {MaxLength} characters, got {text.Length}";
        }

        var nodes = 0;
        foreach (var range in text.AsSpan().Split(','))
        {
            var one = text.AsSpan()[range];
            var parameters = one.IndexOf(';');
            if ((parameters < 0 ? one : one[..parameters]).Trim(" \t").SequenceEqual(node))
            {
                return $"the call has passed {node} before: {NodeNames.Quote(text)}; an upstream leads back to it";
            }

            nodes++;
        }

        return nodes > MaxNodes ? $"{Name} must name up to {MaxNodes} nodes, got {nodes}" : null;
    }

    /// <summary>The field with one more node.</summary>
    public static string Append(StringValues passed, string node) => passed.Count == 0 ? node : $"{passed}, {node}";
}

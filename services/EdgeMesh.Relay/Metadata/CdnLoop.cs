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

    /// <summary>What a call says that it has passed; none: it comes from no node.</summary>
    public static StringValues Read(HttpContext context) => context.Request.Headers[Name];

    /// <summary>Why a call from a node must not go on; null: it may.</summary>
    /// <param name="passed">What <see cref="Read"/> gave; at least one value.</param>
    /// <param name="node">This node.</param>
    public static string? FindRefusal(StringValues passed, string node)
    {
        var text = passed.ToString();
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

using System.Buffers;
using EdgeMesh.Relay.Cache;
using EdgeMesh.Wire;

namespace EdgeMesh.Relay.Policies;

/// <summary>Joins the tags that an answer names with those that policy makes of it.</summary>
internal static class AnswerTags
{
    /// <summary>Joins them.</summary>
    /// <param name="own">What the answer names.</param>
    /// <param name="request">The request's frame.</param>
    /// <param name="encoding">The coding of compressed request messages; null: none.</param>
    /// <param name="answer">The answer's frame; empty for an error.</param>
    /// <param name="maxBytes">Longest message that is decompressed.</param>
    /// <returns>Null when they cannot be told: a purge would miss the answer.</returns>
    public static string[]? Join(string[] own, MethodRule? rule, byte[] request, string? encoding, byte[] answer, int maxBytes)
    {
        if (rule is null or { Tags.Length: 0 })
        {
            return own;
        }

        var response = ReadOnlySequence<byte>.Empty;
        if (!RequestKey.TryReadMessage(new ReadOnlySequence<byte>(request), encoding, maxBytes, out var message)
            || (answer.Length > 0 && Array.Exists(rule.Tags, tag => tag.ReadsResponse) && !RequestKey.TryReadMessage(new ReadOnlySequence<byte>(answer), "gzip", maxBytes, out response)))
        {
            return null;
        }

        var tags = new HashSet<string>(own, StringComparer.Ordinal);
        return Array.TrueForAll(rule.Tags, tag => tag.TryAdd(Flat(message), Flat(response), tags)) ? [.. tags] : null;
    }

    private static ReadOnlySpan<byte> Flat(ReadOnlySequence<byte> message) => message.IsSingleSegment ? message.FirstSpan : message.ToArray();
}

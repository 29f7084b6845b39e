using System.Buffers;
using EdgeMesh.Caching;
using EdgeMesh.Relay.Policies;
using EdgeMesh.Wire;

namespace EdgeMesh.Relay.Cache;

/// <summary>Whether a whole answer may be stored, and what purges name it by: the last word, after <see cref="AnswerRules"/> had the first.</summary>
/// <param name="Refusal">Why it may not be: a token; null: it may be.</param>
/// <param name="Tags">What purges name it by.</param>
internal readonly record struct AnswerEnd(string? Refusal, string[] Tags)
{
    /// <summary>The end of an answer that has none, or not the one that its beginning promised.</summary>
    public static readonly AnswerEnd NotWhole = new("end", []);

    private static readonly AnswerEnd Forbidden = new("forbidden", []);
    private static readonly AnswerEnd TooManyTags = new(SurrogateKeys.Refusal, []);

    /// <summary>Longest answer that a node stores, in bytes, its message's prefix included.</summary>
    public static long MaxBytes(RelayOptions options, MethodRule? rule) => Math.Min(options.MaxStoredMessageBytes, rule is { MaxBytes: < int.MaxValue } ? rule.MaxBytes + MessageFrame.HeaderSize : long.MaxValue);

    /// <summary>Why a body may not be stored, as far as it has come: a token; null: it may be.</summary>
    /// <param name="messages">Messages that have begun.</param>
    /// <param name="bytes">All of it so far.</param>
    /// <param name="maxBytes">What <see cref="MaxBytes"/> says.</param>
    public static string? RefuseBody(long messages, long bytes, long maxBytes) => messages > 1 ? "streaming" : bytes > maxBytes ? "too-large" : null;

    /// <summary>Reads an answer's end.</summary>
    /// <param name="response">With its trailers.</param>
    /// <param name="rules">What its headers say.</param>
    /// <param name="frame">Its message, framed; empty for an error.</param>
    /// <param name="facts">The request's metadata.</param>
    /// <param name="request">The request's message, framed.</param>
    /// <param name="maxBytes">Longest message that is decompressed for its tags.</param>
    public static AnswerEnd Read(HttpResponseMessage response, AnswerRules rules, byte[] frame, in RequestFacts facts, byte[] request, int maxBytes)
    {
        // One whole message and grpc-status 0, or neither; and trailers that take nothing back.
        if (rules.IsNegative ? frame.Length > 0 : !IsWhole(response, rules, frame))
        {
            return NotWhole;
        }

        if (AnswerRules.TrailersForbid(response))
        {
            return Forbidden;
        }

        return rules.ReadTags(response) is { } named && AnswerTags.Join(named, facts.Rule, request, facts.Encoding, frame, maxBytes) is { } tags ? new AnswerEnd(null, tags) : TooManyTags;
    }

    private static bool IsWhole(HttpResponseMessage response, AnswerRules rules, byte[] frame)
    {
        var rest = new ReadOnlySequence<byte>(frame);
        return MessageFrame.TryRead(ref rest, frame.Length, out var header, out _) == MessageFrameStatus.Complete
            && rest.IsEmpty
            && !(header.IsCompressed && rules.Coding == MessageCoding.Identity)
            && response.TrailingHeaders.NonValidated.TryGetValues(HeaderNames.GrpcStatus, out var status) && status.ToString() == "0";
    }
}

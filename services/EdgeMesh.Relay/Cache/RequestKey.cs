using System.Buffers;
using System.Text;
using EdgeMesh.Caching;
using EdgeMesh.Relay.Policies;
using EdgeMesh.Wire;
using Microsoft.Extensions.Primitives;

namespace EdgeMesh.Relay.Cache;

/// <summary>Builds the keys of a unary call.</summary>
/// <remarks>
/// Each part with its length, so that no two requests share a key:
/// <code>
/// path | host | content-type | identity: 0 or 32 bytes | message, decompressed           primary key
/// ... | identity, marked | rule's fingerprint | form | key metadata | keyed message     the same under policy
/// primary key | 1 | SHA-256 over the values of the fields that vary names                key of a variant
/// primary key | 2 | SHA-256 over all fields that may change the answer                   key of a fill in flight
/// </code>
/// </remarks>
internal static class RequestKey
{
    private const byte VariantMark = 1;
    private const byte FlightMark = 2;
    private const int LengthBytes = sizeof(int);

    // Beside the length of an identity, which is 0 or 32.
    private const int PolicyFlag = 1 << 30;

    // How a message stands in the key under policy: as it came, or by its fields.
    private const byte WholeForm = 0;
    private const byte KeyedForm = 1;

    /// <summary>The message of a request, decompressed, within a bound.</summary>
    /// <returns>False when it is coded in a way that is not known, badly, or beyond <paramref name="maxBytes"/>.</returns>
    public static bool TryReadMessage(ReadOnlySequence<byte> frame, string? encoding, int maxBytes, out ReadOnlySequence<byte> message)
    {
        if (MessageFrame.TryRead(ref frame, maxBytes, out var header, out message) != MessageFrameStatus.Complete || !frame.IsEmpty)
        {
            return false;
        }

        if (!header.IsCompressed)
        {
            return true;
        }

        if (encoding != "gzip" || GzipMessages.Decompress(message.ToArray(), maxBytes) is not { } plain)
        {
            return false;
        }

        message = new ReadOnlySequence<byte>(plain);
        return true;
    }

    /// <summary>A message as it stands in keys: by its fields where policy names them, else as it came.</summary>
    public static ReadOnlyMemory<byte> KeyedPart(MethodRule? rule, ReadOnlyMemory<byte> message)
    {
        if (rule?.Request is not { } shape)
        {
            return message;
        }

        var keyed = new byte[KeyedMessage.MaxLength(message.Length)];
        return KeyedMessage.TryWrite(shape, message.Span, keyed, out var written) ? keyed.AsMemory(0, written) : message;
    }

    /// <summary>The primary key.</summary>
    public static CacheKey Primary(in RequestFacts facts, byte[]? identity, ReadOnlySequence<byte> message)
    {
        var key = new byte[MaxPrimaryLength(facts, message)];
        var length = WritePrimary(facts, identity, message, key);
        return new CacheKey(length == key.Length ? key : key[..length]);
    }

    /// <summary>Bytes that are enough for the primary key.</summary>
    public static int MaxPrimaryLength(in RequestFacts facts, ReadOnlySequence<byte> message)
    {
        var length = (4 * LengthBytes) + facts.Path.Length + facts.Host.Length + facts.ContentType.Length + (facts.Identity?.Length ?? 0);
        if (facts.Rule is not { } rule)
        {
            return length + (int)message.Length;
        }

        length += MethodRule.FingerprintBytes + 1 + (facts.Keyed.Length * LengthBytes);
        foreach (var values in facts.Keyed)
        {
            foreach (var value in values)
            {
                length += LengthBytes + (value?.Length ?? 0);
            }
        }

        return length + (rule.Request is null ? (int)message.Length : KeyedMessage.MaxLength((int)message.Length));
    }

    /// <summary>Writes the primary key.</summary>
    /// <param name="key">As long as <see cref="MaxPrimaryLength"/> says.</param>
    /// <returns>Its length.</returns>
    public static int WritePrimary(in RequestFacts facts, byte[]? identity, ReadOnlySequence<byte> message, Span<byte> key)
    {
        // 1. Whose answer to which method.
        var identityLength = identity?.Length ?? 0;
        var rest = key;
        Append(ref rest, facts.Path);
        Append(ref rest, facts.Host);
        Append(ref rest, facts.ContentType);
        BitConverter.TryWriteBytes(rest, facts.Rule is null ? identityLength : identityLength | PolicyFlag);
        rest = rest[LengthBytes..];
        identity?.CopyTo(rest);
        rest = rest[identityLength..];
        if (facts.Rule is not { } rule)
        {
            message.CopyTo(rest);
            return key.Length - rest.Length + (int)message.Length;
        }

        // 2. By which rule.
        rule.Fingerprint.CopyTo(rest);
        ref var form = ref rest[MethodRule.FingerprintBytes];
        form = WholeForm;
        rest = rest[(MethodRule.FingerprintBytes + 1)..];
        foreach (var values in facts.Keyed)
        {
            BitConverter.TryWriteBytes(rest, values.Count);
            rest = rest[LengthBytes..];
            foreach (var value in values)
            {
                Append(ref rest, value ?? string.Empty);
            }
        }

        // 3. To which message. A malformed one is compared as it comes.
        if (rule.Request is { } shape && KeyedMessage.TryWrite(shape, message.IsSingleSegment ? message.FirstSpan : message.ToArray(), rest, out var written))
        {
            form = KeyedForm;
            return key.Length - rest.Length + written;
        }

        message.CopyTo(rest);
        return key.Length - rest.Length + (int)message.Length;

        static void Append(ref Span<byte> rest, string text)
        {
            BitConverter.TryWriteBytes(rest, text.Length);

            // Header text is Latin-1 by the listener's own decoding: a byte a character.
            Encoding.Latin1.GetBytes(text, rest[LengthBytes..]);
            rest = rest[(LengthBytes + text.Length)..];
        }
    }

    /// <summary>The key of a variant, by the values of the fields that <c>vary</c> names.</summary>
    public static CacheKey Variant(scoped KeyView primary, IReadOnlyList<KeyValuePair<string, StringValues>> varyValues) => Extend(primary, VariantMark, varyValues);

    /// <summary>The key of a fill in flight: calls share it only if nothing that may change the answer differs.</summary>
    public static CacheKey Flight(CacheKey primary, in RequestFacts facts) => facts.Influences is null ? primary : Extend(primary, FlightMark, facts.Influences);

    private static CacheKey Extend(scoped KeyView primary, byte mark, IReadOnlyList<KeyValuePair<string, StringValues>> fields)
    {
        var key = new byte[primary.Bytes.Length + 1 + FieldDigest.SizeBytes];
        primary.Bytes.CopyTo(key);
        key[primary.Bytes.Length] = mark;
        FieldDigest.Compute(fields).CopyTo(key, primary.Bytes.Length + 1);
        return new CacheKey(key);
    }
}

using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using EdgeMesh.Relay.Cache;
using EdgeMesh.V1;

namespace EdgeMesh.Relay.Policies;

/// <summary>Makes tags of a request and its answer: <c>product:{product_id}</c>.</summary>
/// <remarks>
/// A field with several values, on the wire or as a list, makes a tag of each, and two such fields one of each pair: a purge may take out more than it must,
/// never less. An absent field has its type's default, or, where it may be absent, makes no tag. Immutable; thread-safe.
/// </remarks>
internal sealed class TagMaker
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly TagPart[] _parts;

    public TagMaker(TagTemplate template) => _parts = [.. template.Parts];

    /// <summary>Whether it reads answers.</summary>
    public bool ReadsResponse => Array.Exists(_parts, part => part.Path.Count > 0 && part.Response);

    /// <summary>Adds an answer's tags.</summary>
    /// <param name="request">The request's message.</param>
    /// <param name="response">The answer's; empty for an error.</param>
    /// <returns>False when there are more, or longer ones, than are kept, or when they cannot be read: a purge would miss the answer.</returns>
    public bool TryAdd(ReadOnlySpan<byte> request, ReadOnlySpan<byte> response, ISet<string> tags)
    {
        List<string> texts = [""];
        foreach (var part in _parts)
        {
            var values = new List<string>();
            if (part.Path.Count == 0)
            {
                values.Add("");
            }
            else if (!TryCollect(part, part.Response ? response : request, 0, values))
            {
                return false;
            }

            texts = [.. texts.SelectMany(text => values.Select(value => text + part.Text + value)).Take(SurrogateKeys.MaxTags + 1)];
            if (texts.Count > SurrogateKeys.MaxTags)
            {
                return false;
            }
        }

        foreach (var text in texts)
        {
            // What no purge can name.
            if (text.Length == 0 || StrictUtf8.GetByteCount(text) > SurrogateKeys.MaxTagLength || text.AsSpan().ContainsAnyInRange('\0', ' ') || text.AsSpan().ContainsAny(',', '\u007f') || (tags.Add(text) && tags.Count > SurrogateKeys.MaxTags))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryCollect(TagPart part, ReadOnlySpan<byte> message, int depth, List<string> values)
    {
        var (isLast, isFound) = (depth == part.Path.Count - 1, false);
        var fields = new WireFields(message);
        while (fields.MoveNext())
        {
            if (fields.Number != part.Path[depth])
            {
                continue;
            }

            if (!isLast)
            {
                isFound = true;
                if (fields.Kind != WireKind.LengthDelimited || !TryCollect(part, fields.Value, depth + 1, values))
                {
                    return false;
                }
            }
            else if (!TryFormat(part, fields.Kind, fields.Value, values))
            {
                return false;
            }
            else
            {
                isFound = true;
            }

            if (values.Count > SurrogateKeys.MaxTags)
            {
                return false;
            }
        }

        if (!isFound && part.HasDefault)
        {
            values.Add(part.Encoding switch { FieldEncoding.String => "", FieldEncoding.Bool => "false", _ => "0" });
        }

        return !fields.IsBroken;
    }

    private static bool TryFormat(TagPart part, WireKind kind, ReadOnlySpan<byte> value, List<string> values)
    {
        if (part.Encoding == FieldEncoding.String)
        {
            try
            {
                values.Add(StrictUtf8.GetString(value));
                return kind == WireKind.LengthDelimited;
            }
            catch (DecoderFallbackException)
            {
                return false;
            }
        }

        // A field in another wire type than its own is unknown to parsers: what they take instead cannot be told here.
        if (kind != WireKind.LengthDelimited && kind != FieldShape.ScalarOf(part.Encoding))
        {
            return false;
        }

        // A list of numbers may come packed; each in a field of its own is a list of one.
        while (!value.IsEmpty)
        {
            if (!TryReadNumber(part, value, out var text, out var length) || values.Count > SurrogateKeys.MaxTags)
            {
                return false;
            }

            values.Add(text);
            value = value[length..];
        }

        return true;
    }

    private static bool TryReadNumber(TagPart part, ReadOnlySpan<byte> bytes, out string text, out int length)
    {
        text = "";
        var encoding = part.Encoding;
        switch (encoding)
        {
            case FieldEncoding.Fixed32 or FieldEncoding.UnsignedFixed32:
                length = sizeof(uint);
                if (bytes.Length < length)
                {
                    return false;
                }

                var four = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
                text = encoding == FieldEncoding.Fixed32 ? Show((int)four) : Show(four);
                return true;
            case FieldEncoding.Fixed64 or FieldEncoding.UnsignedFixed64:
                length = sizeof(ulong);
                if (bytes.Length < length)
                {
                    return false;
                }

                var eight = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
                text = encoding == FieldEncoding.Fixed64 ? Show((long)eight) : Show(eight);
                return true;
            default:
                if (!WireFields.TryReadVarint(bytes, out var bits, out length))
                {
                    return false;
                }

                bits = part.Narrow ? (uint)bits : bits;
                text = encoding switch
                {
                    FieldEncoding.Varint => Show(part.Narrow ? (int)bits : (long)bits),
                    FieldEncoding.Zigzag => Show((long)(bits >> 1) ^ -(long)(bits & 1)),
                    FieldEncoding.Bool => bits != 0 ? "true" : "false",
                    _ => Show(bits),
                };
                return true;
        }
    }

    private static string Show(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);
}

using EdgeMesh.V1;
using Google.Protobuf.Reflection;

namespace EdgeMesh.Relay.Policies;

/// <summary>Resolves what holds for one method, or for the methods of a pattern of which nothing is known.</summary>
/// <remarks>Used once, by one thread.</remarks>
/// <param name="pattern">The method, or the pattern.</param>
/// <param name="policy">What policy says; null: nothing.</param>
/// <param name="option">What its option says; null: nothing.</param>
/// <param name="types">What is known of it; null: nothing.</param>
internal sealed class RuleResolver(string pattern, CacheRule? policy, CacheRule? option, MethodTypes? types)
{
    private readonly List<PolicyFault> _missing = [];

    public string Pattern => pattern;

    /// <summary>What it names that its messages do not have, by path within the rule.</summary>
    public IReadOnlyList<PolicyFault> Missing => _missing;

    public CacheRule? Rule => policy;

    public EffectiveRule Resolve()
    {
        var rule = new EffectiveRule { Pattern = pattern, Policy = policy, Option = option };

        // 1. The key, by who says anything of it.
        var keyed = new[] { policy, option }.FirstOrDefault(said => said is not null && said.KeyFields.Count + said.IgnoredFields.Count > 0);
        if (keyed is not null)
        {
            rule.Request = LayOut(keyed);
        }

        // 2. Tags.
        var tagged = new[] { policy, option }.FirstOrDefault(said => said is { Tags.Count: > 0 });
        for (var i = 0; tagged is not null && i < tagged.Tags.Count; i++)
        {
            AddTag(rule, tagged.Tags[i], $"tags[{i}]");
        }

        if (types is { IsUnary: false } && policy is { Flow: MethodFlow.Unary })
        {
            _missing.Add(new PolicyFault("flow", $"must not be unary: the descriptor of {pattern} says that it streams"));
        }

        return rule;
    }

    private MessageLayout? LayOut(CacheRule keyed)
    {
        var isKey = keyed.KeyFields.Count > 0;
        var (name, texts) = isKey ? ("key_fields", keyed.KeyFields) : ("ignored_fields", keyed.IgnoredFields);
        var paths = texts.Select(text => FieldPath.TryParse(text, out var steps) ? steps : []).ToList();
        if (types is null)
        {
            // Numbers may be left out of the key on the author's word; of names nothing is known.
            return !isKey && paths.TrueForAll(FieldPath.IsNumeric) ? LayoutMaker.MakeBlind(paths) : null;
        }

        var maker = new LayoutMaker(isKey);
        var layout = maker.Make(types.Request, paths, (index, problem) => _missing.Add(new PolicyFault($"{name}[{index}]", $"{problem}; is {texts[index]}")));

        // Keyed by fields that are not there, all requests would be the same.
        return isKey && maker.HasMissing ? null : layout;
    }

    private void AddTag(EffectiveRule rule, string text, string path)
    {
        TagText.TryParse(text, out var pieces);
        var tag = new TagTemplate();
        foreach (var piece in pieces)
        {
            if (piece.Steps is null)
            {
                tag.Parts.Add(new TagPart { Text = piece.Text });
                continue;
            }

            if (types is null)
            {
                rule.Fault = $"tag {text} names fields, and no descriptor says what the messages are";
                return;
            }

            var part = new TagPart { Text = piece.Text, Response = piece.IsResponse };
            if (FindField(piece.IsResponse ? types.Response : types.Request, piece.Steps, part) is { } problem)
            {
                // For one method that is a mistake; of many, those without the field have no such tag.
                _missing.Add(new PolicyFault(path, $"{problem}; is {text}"));
                return;
            }

            tag.Parts.Add(part);
        }

        rule.Tags.Add(tag);
    }

    private static string? FindField(MessageDescriptor type, string[] steps, TagPart part)
    {
        for (var i = 0; i < steps.Length; i++)
        {
            if (LayoutMaker.Find(type, steps[i]) is not { } field)
            {
                return $"names field {steps[i]}, which {type.FullName} does not have";
            }

            part.Path.Add((uint)field.FieldNumber);
            if (i < steps.Length - 1)
            {
                if (field.FieldType != FieldType.Message || field.IsMap)
                {
                    return $"names a field of {field.FullName}, which is no message";
                }

                type = field.MessageType;
                continue;
            }

            part.Encoding = LayoutMaker.EncodingOf(field);
            part.Narrow = field.FieldType is FieldType.Int32 or FieldType.UInt32 or FieldType.SInt32 or FieldType.Enum;
            part.HasDefault = !field.IsRepeated && !field.HasPresence;
            if (field.FieldType is FieldType.Float or FieldType.Double or FieldType.Bytes or FieldType.Message or FieldType.Group)
            {
                return $"names {field.FullName}, which is no string, whole number, enum or bool";
            }
        }

        return null;
    }
}

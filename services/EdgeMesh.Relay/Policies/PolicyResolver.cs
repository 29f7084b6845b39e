using EdgeMesh.V1;

namespace EdgeMesh.Relay.Policies;

/// <summary>Makes of a policy what nodes follow: joins it with method options, and looks up fields by name.</summary>
/// <remarks>
/// A field that a rule for one method names must be there, if the method is known. A rule for many holds for those that have the fields: the others are
/// keyed by the whole message. Where nothing is known of a method, names cannot be looked up: its messages are keyed whole, which is never wrong, and with tags
/// by name nothing is cached, since purges would miss it. Stateless; thread-safe.
/// </remarks>
public static class PolicyResolver
{
    // Bytes: with the rest of a topology it must fit a message of 4 MiB.
    private const int MaxEffectiveBytes = 2 << 20;

    /// <summary>Resolves a policy.</summary>
    /// <param name="policy">Checked by <see cref="PolicyRules"/>; null: there is none, and method options count alone.</param>
    /// <param name="version">Its version; 0 for none.</param>
    /// <param name="methods">All methods of which anything is known, by full name without the leading slash.</param>
    public static PolicyResolution Resolve(Policy? policy, ulong version, IReadOnlyDictionary<string, MethodTypes> methods)
    {
        var effective = new EffectivePolicy { Version = version };
        var (faults, notes) = (new List<PolicyFault>(), new List<string>());
        var patterns = (policy?.Rules ?? []).SelectMany((rule, index) => rule.Methods.Select(text => new RulePattern(text, index, Shadowed(rule, policy!.Shadow)))).ToList();

        // 1. Known methods: those with an option, and those whose rule names fields.
        var found = patterns.ToDictionary(pattern => pattern, _ => new List<RuleResolver>());
        foreach (var (method, types) in methods.OrderBy(method => method.Key, StringComparer.Ordinal))
        {
            var option = ReadOption(method, types, notes);
            var pattern = patterns.Where(pattern => pattern.Matches("/" + method)).MaxBy(pattern => pattern.Length);
            if (option is null && pattern is null or { NamesFields: false })
            {
                continue;
            }

            var resolver = new RuleResolver(method, pattern?.Rule, option, types);
            if (pattern is not null)
            {
                found[pattern].Add(resolver);
            }

            effective.Rules.Add(resolver.Resolve());
            if (pattern is { Rule.Shadow: true } && option is { Shadow: false })
            {
                // What holds while policy is only tried.
                effective.Rules.Add(new RuleResolver(method, policy: null, option, types).Resolve());
            }
        }

        // 2. Patterns, for methods that are not known, and where nothing has to be.
        foreach (var pattern in patterns)
        {
            var resolvers = found[pattern];
            if (!pattern.IsExact || resolvers.Count == 0)
            {
                effective.Rules.Add(new RuleResolver(pattern.Text, pattern.Rule, option: null, types: null).Resolve());
            }

            Judge(pattern, resolvers, faults, notes);
        }

        Sort(effective);
        if (effective.CalculateSize() is var size && size > MaxEffectiveBytes)
        {
            faults.Add(new PolicyFault("", $"the policy, with what is known of its methods' messages, must not be longer than {MaxEffectiveBytes} bytes, has {size}: name fields for fewer methods"));
        }

        return new PolicyResolution(effective, faults, notes);
    }

    /// <summary>Keeps of what was resolved before what came from descriptors that are not known now: an origin that is away takes nothing out of force.</summary>
    /// <param name="effective">What the same policy comes to now; gets what is kept.</param>
    /// <param name="before">What it came to before.</param>
    /// <param name="methods">What is known now.</param>
    public static void Keep(EffectivePolicy effective, EffectivePolicy before, IReadOnlyDictionary<string, MethodTypes> methods)
    {
        if (effective.Version != before.Version)
        {
            return;
        }

        var kept = before.Rules.Where(rule => !methods.ContainsKey(rule.Pattern) && !rule.Pattern.EndsWith('*') && (rule.Option is not null || rule.Request is { Complete: true } || rule.Tags.Any(tag => tag.Parts.Any(part => part.Path.Count > 0)))).ToList();
        var patterns = kept.Select(rule => rule.Pattern).ToHashSet(StringComparer.Ordinal);
        var others = effective.Rules.Where(rule => !patterns.Contains(rule.Pattern)).ToList();
        effective.Rules.Clear();
        effective.Rules.Add(others);
        effective.Rules.Add(kept);
        Sort(effective);
    }

    /// <summary>By pattern, so that the same policies are equal.</summary>
    private static void Sort(EffectivePolicy effective)
    {
        var rules = effective.Rules.OrderBy(rule => rule.Pattern, StringComparer.Ordinal).ToList();
        effective.Rules.Clear();
        effective.Rules.Add(rules);
    }

    private static CacheRule Shadowed(CacheRule rule, bool all)
    {
        if (!all || rule.Shadow)
        {
            return rule;
        }

        var shadow = rule.Clone();
        shadow.Shadow = true;
        return shadow;
    }

    private static CacheRule? ReadOption(string method, MethodTypes types, List<string> notes)
    {
        if (types.Option is null)
        {
            return null;
        }

        var wrong = PolicyRules.CheckOption(types.Option);
        foreach (var fault in wrong)
        {
            notes.Add($"the option of {method} does not count: {fault}");
        }

        return wrong.Count == 0 ? types.Option : null;
    }

    private static void Judge(RulePattern pattern, List<RuleResolver> resolvers, List<PolicyFault> faults, List<string> notes)
    {
        if (!pattern.NamesFields)
        {
            return;
        }

        var path = $"rules[{pattern.Index}]";
        if (resolvers.Count == 0)
        {
            var tags = pattern.Rule.Tags.Count > 0 ? "nothing is cached" : "requests are keyed by the whole message";
            notes.Add($"{path} {pattern.Text}: {tags} until a descriptor says what its messages are");
            return;
        }

        // A name that one of its methods has is no mistake.
        foreach (var missing in resolvers[0].Missing.Where(missing => resolvers.TrueForAll(resolver => resolver.Missing.Any(other => other.Path == missing.Path))))
        {
            faults.Add(new PolicyFault($"{path}.{missing.Path}", resolvers.Count == 1 ? missing.Message : $"{missing.Message}; nor has any other method of {pattern.Text} it"));
        }

        foreach (var resolver in resolvers.Where(resolver => resolver.Missing.Count > 0 && resolvers.Count > 1))
        {
            notes.Add($"{path} {resolver.Pattern}: {resolver.Missing[0]}");
        }
    }

    private sealed record RulePattern(string Text, int Index, CacheRule Rule)
    {
        private readonly MethodPattern _pattern = MethodPattern.TryParse(Text, out var pattern) ? pattern : throw new ArgumentException($"not checked: {Text}", nameof(Text));

        public bool IsExact => _pattern.IsExact;

        public int Length => _pattern.IsExact ? int.MaxValue : _pattern.Prefix.Length;

        public bool NamesFields => Rule.KeyFields.Count + Rule.IgnoredFields.Count > 0 || Rule.Tags.Any(tag => tag.Contains('{'));

        public bool Matches(string path) => _pattern.Matches(path);
    }
}

using System.Collections.Frozen;
using EdgeMesh.Relay.Metadata;
using EdgeMesh.V1;
using Google.Protobuf;
using Microsoft.Extensions.Primitives;

namespace EdgeMesh.Relay.Policies;

/// <summary>What holds for a method: what its calls follow, and what they would follow if a shadow were real.</summary>
/// <remarks>Immutable; a method's state remembers the one that it found last.</remarks>
/// <param name="Model">Where it was looked up.</param>
/// <param name="Active">What calls follow; null: only what answers declare.</param>
/// <param name="Shadow">What is only counted; null: nothing.</param>
internal sealed record PolicyBinding(PolicyModel Model, MethodRule? Active, MethodRule? Shadow)
{
    /// <summary>Why a call is neither looked up nor stored: a token for <c>cache-status</c>; null: it may be.</summary>
    /// <param name="isStreaming">Whether the method has shown, or is declared, to stream.</param>
    /// <param name="below">The rule that a node below follows; empty: a caller that is no node.</param>
    public string? FindBypass(bool isStreaming, StringValues below)
    {
        if (isStreaming || Active is { IsStreaming: true })
        {
            return "streaming";
        }

        if (Active is { IsClosed: true } closed)
        {
            return closed.NoStore ? "policy-no-store" : "policy-fault";
        }

        // A node below that follows another rule sends what that one has in its key: here it would be kept from the origin, and the answer be another's there.
        return below.Count == 0 || below == (Active?.FingerprintText ?? RequestMetadata.NoRule) ? null : "policy-mismatch";
    }
}

/// <summary>A policy in force at a node: methods to rules.</summary>
/// <remarks>Immutable; thread-safe. A method's rule is looked up once, and then remembered by <see cref="Methods.MethodState"/> until there is another model.</remarks>
public sealed class PolicyModel
{
    private readonly FrozenDictionary<string, PolicyBinding> _exact;
    private readonly (string Prefix, PolicyBinding Binding)[] _prefixes;
    private readonly PolicyBinding _none;

    /// <summary>Takes over what the Region pushed.</summary>
    /// <remarks>What this program does not understand of it caches nothing.</remarks>
    public PolicyModel(EffectivePolicy policy)
    {
        Version = policy.Version;
        _none = new PolicyBinding(this, null, null);
        var exact = new Dictionary<string, PolicyBinding>(StringComparer.Ordinal);
        var prefixes = new Dictionary<string, PolicyBinding>(StringComparer.Ordinal);
        foreach (var rule in policy.Rules)
        {
            if (MethodPattern.TryParse(rule.Pattern, out var pattern))
            {
                var bindings = pattern.IsExact ? exact : prefixes;
                bindings[pattern.Prefix] = Bind(bindings.GetValueOrDefault(pattern.Prefix, _none), rule);
            }
        }

        _exact = exact.ToFrozenDictionary(StringComparer.Ordinal);
        _prefixes = [.. prefixes.OrderByDescending(prefix => prefix.Key.Length).Select(prefix => (prefix.Key, prefix.Value))];
    }

    /// <summary>No policy: only what answers declare is cached.</summary>
    public static PolicyModel None { get; } = new(new EffectivePolicy());

    /// <summary>The version of the policy; 0: there is none.</summary>
    public ulong Version { get; }

    /// <summary>What holds for a method.</summary>
    /// <param name="path"><c>/package.Service/Method</c>.</param>
    internal PolicyBinding Find(string path)
    {
        if (_exact.TryGetValue(path, out var binding))
        {
            return binding;
        }

        foreach (var (prefix, bound) in _prefixes)
        {
            if (path.StartsWith(prefix, StringComparison.Ordinal))
            {
                return bound;
            }
        }

        return _none;
    }

    /// <summary>Adds a rule to what holds for its pattern: a shadow may stand beside what it would take the place of.</summary>
    private static PolicyBinding Bind(PolicyBinding binding, EffectiveRule rule)
    {
        var known = IsUnderstood(rule) ? rule : new EffectiveRule { Pattern = rule.Pattern, Policy = new CacheRule(), Fault = "it says what this node's version does not understand" };
        return (known.Policy ?? known.Option).Shadow ? binding with { Shadow = new MethodRule(known) } : binding with { Active = new MethodRule(known) };
    }

    /// <summary>Whether a rule has nothing that a later version added, and nothing that a Region refuses.</summary>
    private static bool IsUnderstood(EffectiveRule rule)
    {
        var bytes = rule.ToByteArray();
        if ((rule.Policy ?? rule.Option) is null || EffectiveRule.Parser.WithDiscardUnknownFields(true).ParseFrom(bytes).CalculateSize() != bytes.Length)
        {
            return false;
        }

        var policy = rule.Policy?.Clone();
        policy?.Methods.Clear();
        return (policy is null || PolicyRules.CheckOption(policy).Count == 0) && (rule.Option is null || PolicyRules.CheckOption(rule.Option).Count == 0);
    }
}

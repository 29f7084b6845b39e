using System.ComponentModel;
using System.Text.Json;
using EdgeMesh.V1;
using Google.Protobuf;

namespace EdgeMesh.Node.Contracts;

/// <summary>A version of a policy.</summary>
internal sealed record PolicyVersionJson(
    [property: Description("From 1; 0: no policy was ever applied.")] ulong Version,
    [property: Description("When it came into force, ISO 8601 in UTC; null for version 0.")] DateTimeOffset? Applied,
    [property: Description("What was said of the change; may be empty.")] string Note,
    [property: Description("Digest of the policy: versions that say the same have the same.")] string Digest)
{
    /// <summary>What a Region says of a version, as JSON.</summary>
    public static PolicyVersionJson Of(PolicyVersion version) => new(version.Version, version.ApplyTime?.ToDateTimeOffset(), version.Note, version.Digest);
}

/// <summary>What <c>policy get</c> answers with.</summary>
internal sealed record PolicyJson(
    [property: Description("Which.")] PolicyVersionJson Version,
    [property: Description("What it says, in protobuf's JSON form of edgemesh.v1.Policy.")] JsonElement Policy,
    [property: Description("What is in force in another way than it says, and why.")] IReadOnlyList<string> Notes)
{
    /// <summary>A policy as JSON.</summary>
    public static PolicyJson Of(GetPolicyResponse response) => new(PolicyVersionJson.Of(response.Version), JsonDocument.Parse(JsonFormatter.Default.Format(response.Policy)).RootElement, response.Notes);
}

/// <summary>What <c>policy history</c> answers with.</summary>
internal sealed record PolicyHistoryJson([property: Description("The latest first.")] IReadOnlyList<PolicyVersionJson> Versions);

/// <summary>What <c>policy apply</c> and <c>policy rollback</c> answer with.</summary>
internal sealed record AppliedPolicyJson(
    [property: Description("The version in force now.")] PolicyVersionJson Version,
    [property: Description("Whether it is another than before.")] bool Changed,
    [property: Description("What is in force in another way than it says, and why.")] IReadOnlyList<string> Notes);

/// <summary>What <c>policy diff</c> answers with.</summary>
internal sealed record PolicyDiffJson(
    [property: Description("Whether they differ.")] bool Differs,
    [property: Description("Lines of YAML, each after two characters: '- ' goes, '+ ' comes, '  ' stays.")] IReadOnlyList<string> Lines);

/// <summary>What <c>policy validate</c> found.</summary>
internal sealed record PolicyValidationJson(
    [property: Description("The file, as it was named.")] string File,
    [property: Description("Whether nothing is wrong in it.")] bool Valid,
    [property: Description("What is wrong.")] IReadOnlyList<FaultJson> Faults,
    [property: Description("What would be in force in another way than it says, where a Region was asked.")] IReadOnlyList<string> Notes);

/// <summary>What <c>policy explain</c> answers with.</summary>
internal sealed record PolicyExplanationJson(
    [property: Description("The version of the policy that counts; 0: none.")] ulong Version,
    [property: Description("The pattern of the rule that counts; empty: none does.")] string Pattern,
    [property: Description("The rule's version, part of the key; empty: no rule counts.")] string RuleVersion,
    [property: Description("Whether the rule is only tried.")] bool Shadow,
    [property: Description("Each property, and who decided it.")] IReadOnlyList<ExplainedPropertyJson> Properties,
    [property: Description("Why the call is neither looked up nor stored; empty: it is looked up.")] string Bypass,
    [property: Description("What the key is made of.")] IReadOnlyList<FieldJson> Key,
    [property: Description("SHA-256 of the key in hexadecimal; empty: it has none.")] string KeyDigest,
    [property: Description("Whether the answer would be stored.")] bool Stored,
    [property: Description("Why not, as in cache-status; empty: it would be.")] string Refusal,
    [property: Description("Seconds that it would be fresh; null: it would not be stored.")] double? TtlSeconds,
    [property: Description("What purges would take it out by.")] IReadOnlyList<string> Tags,
    [property: Description("SHA-256 of the key that it would be stored under, in hexadecimal: calls with the same meet in one entry; empty: it would not be stored.")] string StoredKeyDigest)
{
    /// <summary>What a Region explained, as JSON.</summary>
    public static PolicyExplanationJson Of(ExplainPolicyResponse explained) => new(
        explained.Version,
        explained.Pattern,
        explained.RuleVersion,
        explained.Shadow,
        [.. explained.Properties.Select(property => new ExplainedPropertyJson(property.Name, property.Value, property.Source))],
        explained.Bypass,
        [.. explained.Key.Select(part => new FieldJson(part.Name, part.Value))],
        explained.KeyDigest,
        explained.Stored,
        explained.Refusal,
        explained.Ttl?.ToTimeSpan().TotalSeconds,
        explained.Tags,
        explained.StoredKeyDigest);
}

/// <summary>One property of a method's caching.</summary>
internal sealed record ExplainedPropertyJson(
    [property: Description("As in files.")] string Name,
    [property: Description("What holds; empty: the default.")] string Value,
    [property: Description("Who decided it: response, policy, method-option or default.")] string Source);

/// <summary>What <c>policy shadow</c> answers with.</summary>
internal sealed record ShadowsJson([property: Description("By method and node.")] IReadOnlyList<ShadowJson> Shadows);

/// <summary>What a rule that is only tried would have done at a node since that started.</summary>
internal sealed record ShadowJson(
    [property: Description("Full name; _OTHER: those beyond the first 256.")] string Method,
    [property: Description("The node.")] string Node,
    [property: Description("Calls that would have been looked up.")] ulong Calls,
    [property: Description("Those that would have been hits.")] ulong Hits,
    [property: Description("Those of them that did ask upstream.")] ulong SavedCalls,
    [property: Description("Bytes of the answers that came from there.")] ulong SavedBytes);

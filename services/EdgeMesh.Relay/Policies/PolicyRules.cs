using System.Globalization;
using System.Text.RegularExpressions;
using EdgeMesh.Relay.Cache;
using EdgeMesh.Relay.Metadata;
using EdgeMesh.V1;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;

namespace EdgeMesh.Relay.Policies;

/// <summary>What a policy may say, without knowledge of the methods that it names.</summary>
/// <remarks>Stateless; thread-safe. <see cref="PolicyResolver"/> checks it against descriptors.</remarks>
public static partial class PolicyRules
{
    /// <summary>Bytes of a policy as a message.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>Rules of a policy.</summary>
    public const int MaxRules = 1000;

    // A fault a line: past so many nobody reads on.
    private const int MaxFaults = 100;

    private const int MaxMethods = 100;

    // Each is held against each method that is known.
    private const int MaxPatterns = 2000;
    private const int MaxFields = 100;
    private const int MaxNames = 20;
    private const long MaxSeconds = 365 * 24 * 3600;

    /// <summary>Errors that may be stored: those that say something of what was asked for, not of who asked or of how the origin fares.</summary>
    internal static readonly IReadOnlyDictionary<string, int> NegativeStatuses = new Dictionary<string, int>(StringComparer.Ordinal)
    {
        ["INVALID_ARGUMENT"] = 3,
        ["NOT_FOUND"] = 5,
        ["ALREADY_EXISTS"] = 6,
        ["FAILED_PRECONDITION"] = 9,
        ["OUT_OF_RANGE"] = 11,
        ["UNIMPLEMENTED"] = 12,
    };

    /// <summary>Finds all that is wrong.</summary>
    public static IReadOnlyList<PolicyFault> Check(Policy policy)
    {
        var faults = new List<PolicyFault>();
        if (policy.CalculateSize() is var size && size > MaxBytes)
        {
            faults.Add(new PolicyFault("", $"the policy must not be longer than {MaxBytes} bytes, has {size}"));
            return faults;
        }

        CheckCount(faults, "rules", policy.Rules.Count, MaxRules);
        var patterns = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < policy.Rules.Count && faults.Count < MaxFaults; i++)
        {
            var rule = policy.Rules[i];
            var path = $"rules[{i}]";
            CheckMethods(faults, $"{path}.methods", rule.Methods, patterns);
            CheckProperties(faults, path + ".", rule);
        }

        if (patterns.Count > MaxPatterns)
        {
            Add(faults, "rules", $"must have up to {MaxPatterns} methods in all, has {patterns.Count}");
        }

        return faults;
    }

    /// <summary>Finds all that is wrong in a method option.</summary>
    public static IReadOnlyList<PolicyFault> CheckOption(CacheRule option)
    {
        var faults = new List<PolicyFault>();
        if (option.Methods.Count > 0)
        {
            faults.Add(new PolicyFault("methods", "must be empty in a method option: it is for its own method"));
        }

        CheckProperties(faults, "", option);
        return faults;
    }

    private static void CheckMethods(List<PolicyFault> faults, string path, RepeatedField<string> methods, Dictionary<string, string> patterns)
    {
        CheckCount(faults, path, methods.Count, MaxMethods, least: 1);
        for (var i = 0; i < methods.Count; i++)
        {
            var at = $"{path}[{i}]";
            if (!MethodPattern.TryParse(methods[i], out _))
            {
                Add(faults, at, $"{MethodPattern.Rule}; is {NodeNames.Quote(methods[i])}");
            }
            else if (!patterns.TryAdd(methods[i], at))
            {
                Add(faults, at, $"is given twice: {patterns[methods[i]]} has {methods[i]} already");
            }
        }
    }

    private static void CheckProperties(List<PolicyFault> faults, string path, CacheRule rule)
    {
        // 1. Times.
        CheckDuration(faults, path + "ttl", rule.Ttl);
        CheckDuration(faults, path + "stale_while_revalidate", rule.StaleWhileRevalidate);
        CheckDuration(faults, path + "stale_if_error", rule.StaleIfError);
        foreach (var (status, ttl) in rule.NegativeTtl)
        {
            var at = $"{path}negative_ttl.{status}";
            if (!NegativeStatuses.ContainsKey(status))
            {
                Add(faults, $"{path}negative_ttl", $"has a status that is not one of {string.Join(", ", NegativeStatuses.Keys)}: {NodeNames.Quote(status)}");
            }
            else
            {
                CheckDuration(faults, at, ttl);
            }
        }

        // 2. The key.
        CheckPaths(faults, path + "key_fields", rule.KeyFields);
        CheckPaths(faults, path + "ignored_fields", rule.IgnoredFields);
        if (rule.KeyFields.Count > 0 && rule.IgnoredFields.Count > 0)
        {
            Add(faults, path + "ignored_fields", "must not stand beside key_fields, which say already which fields are left out");
        }

        CheckList(faults, path + "key_metadata", rule.KeyMetadata, name => CheckName(name, mayBeCredential: false));
        CheckList(faults, path + "identity", rule.Identity, CheckIdentity);
        if (rule.Identity.Contains("caller") && rule.Identity.Contains("shared"))
        {
            Add(faults, path + "identity", "must not have caller and shared at once");
        }

        // 3. The rest.
        CheckList(faults, path + "tags", rule.Tags, tag => TagText.TryParse(tag, out _) ? null : TagText.Rule);
        CheckList(faults, path + "request_directives", rule.RequestDirectives, name => RequestDirectives.Names.ContainsKey(name) ? null : $"must be one of {string.Join(", ", RequestDirectives.Names.Keys)}");
        if (rule.HasMaxBytes && rule.MaxBytes == 0)
        {
            Add(faults, path + "max_bytes", "must be at least 1, is 0: no_store says that nothing is cached");
        }

        if (!System.Enum.IsDefined(rule.Flow))
        {
            Add(faults, path + "flow", $"has no value {(int)rule.Flow}");
        }

        if (!System.Enum.IsDefined(rule.Safety))
        {
            Add(faults, path + "safety", $"has no value {(int)rule.Safety}");
        }

        if (rule.Flow is not (MethodFlow.Unspecified or MethodFlow.Unary) && (rule.Ttl is { Seconds: > 0 } or { Nanos: > 0 } || rule.NegativeTtl.Count > 0))
        {
            Add(faults, path + "flow", "must be unary where there is a ttl: streams are not cached");
        }
    }

    private static void CheckPaths(List<PolicyFault> faults, string path, RepeatedField<string> fields)
    {
        CheckCount(faults, path, fields.Count, MaxFields);
        var seen = new List<(string[] Steps, string Path)>();
        for (var i = 0; i < fields.Count && i < MaxFields; i++)
        {
            var at = $"{path}[{i}]";
            if (!FieldPath.TryParse(fields[i], out var steps))
            {
                Add(faults, at, $"{FieldPath.Rule}; is {NodeNames.Quote(fields[i])}");
                continue;
            }

            if (seen.Find(other => steps.AsSpan().StartsWith(other.Steps) || other.Steps.AsSpan().StartsWith(steps)) is { Path: { } first })
            {
                Add(faults, at, $"names a field of {first}, or that itself: {fields[i]}");
            }

            seen.Add((steps, at));
        }
    }

    private static string? CheckIdentity(string word)
    {
        const string Rule = "must be caller, shared, metadata:NAME or credential:NAME";
        return word is "caller" or "shared" ? null
            : word.StartsWith(MethodRule.MetadataPrefix, StringComparison.Ordinal) ? CheckName(word[MethodRule.MetadataPrefix.Length..], mayBeCredential: false)
            : word.StartsWith(MethodRule.CredentialPrefix, StringComparison.Ordinal) ? CheckName(word[MethodRule.CredentialPrefix.Length..], mayBeCredential: true)
            : Rule;
    }

    private static string? CheckName(string name, bool mayBeCredential)
    {
        if (!MetadataName().IsMatch(name))
        {
            return "must name metadata by 1 to 64 of a-z, 0-9, '-', '_' and '.'";
        }

        return RequestMetadata.Classify(name) switch
        {
            MetadataClass.Credential when !mayBeCredential => "names a credential, which is in the key wherever it must be",
            MetadataClass.Protocol or MetadataClass.Host or MetadataClass.Stripped => "names a field of the protocol, which policy does not change",
            MetadataClass.Inert when mayBeCredential || name is "cache-control" or "pragma" or "grpc-accept-encoding" or "edgemesh-at-least" => "names a field of the protocol, which policy does not change",
            _ => null,
        };
    }

    private static void CheckList(List<PolicyFault> faults, string path, RepeatedField<string> values, Func<string, string?> check)
    {
        CheckCount(faults, path, values.Count, MaxNames);
        for (var i = 0; i < values.Count && i < MaxNames; i++)
        {
            if (check(values[i]) is { } rule)
            {
                Add(faults, $"{path}[{i}]", $"{rule}; is {NodeNames.Quote(values[i])}");
            }
            else if (values.IndexOf(values[i]) is var first && first < i)
            {
                Add(faults, $"{path}[{i}]", $"is given twice: {path}[{first}] has {values[i]} already");
            }
        }
    }

    private static void CheckDuration(List<PolicyFault> faults, string path, Duration? value)
    {
        if (value is not null && (value.Seconds is < 0 or > MaxSeconds || value.Nanos is < 0 or > 999_999_999 || (value.Seconds == MaxSeconds && value.Nanos > 0)))
        {
            Add(faults, path, string.Create(CultureInfo.InvariantCulture, $"must be 0 to {MaxSeconds} s, is {value.Seconds} s and {value.Nanos} ns"));
        }
    }

    private static void CheckCount(List<PolicyFault> faults, string path, int count, int most, int least = 0)
    {
        if (count < least || count > most)
        {
            Add(faults, path, string.Create(CultureInfo.InvariantCulture, $"must have {least} to {most}, has {count}"));
        }
    }

    private static void Add(List<PolicyFault> faults, string path, string message)
    {
        if (faults.Count < MaxFaults)
        {
            faults.Add(new PolicyFault(path, message));
        }
    }

    [GeneratedRegex(@"\A[a-z0-9_.-]{1,64}\z")]
    private static partial Regex MetadataName();
}

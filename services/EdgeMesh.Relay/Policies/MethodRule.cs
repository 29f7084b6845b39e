using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;
using EdgeMesh.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace EdgeMesh.Relay.Policies;

/// <summary>Where a property of a method's caching comes from.</summary>
public enum PropertySource
{
    /// <summary>Nobody said anything.</summary>
    Default,

    /// <summary>The method option <c>(edgemesh.v1.cache)</c>.</summary>
    MethodOption,

    /// <summary>The Region's policy.</summary>
    Policy,

    /// <summary>The origin's answer.</summary>
    Response,
}

/// <summary>What policy and method option together say of a method, each property by the first of them that says anything.</summary>
/// <remarks>Immutable; thread-safe. A call reads one at its beginning and follows it to its end.</remarks>
internal sealed class MethodRule
{
    public const string MetadataPrefix = "metadata:";
    public const string CredentialPrefix = "credential:";

    /// <summary>Bytes of <see cref="Fingerprint"/>.</summary>
    public const int FingerprintBytes = 16;

    private readonly CacheRule? _policy;
    private readonly CacheRule? _option;
    private readonly FrozenSet<string> _credentials;
    private readonly TimeSpan?[] _negativeTtl = new TimeSpan?[17];

    /// <summary>Joins what is said.</summary>
    public MethodRule(EffectiveRule rule)
    {
        (_policy, _option) = (rule.Policy, rule.Option);
        Pattern = rule.Pattern;
        Fault = rule.Fault.Length == 0 ? null : rule.Fault;
        Ttl = Pick("ttl", said => said.Ttl is not null, said => said.Ttl.ToTimeSpan(), default(TimeSpan?));
        StaleWhileRevalidate = Pick("stale_while_revalidate", said => said.StaleWhileRevalidate is not null, said => said.StaleWhileRevalidate.ToTimeSpan(), default);
        StaleIfError = Pick("stale_if_error", said => said.StaleIfError is not null, said => said.StaleIfError.ToTimeSpan(), default);
        foreach (var (status, ttl) in Pick("negative_ttl", said => said.NegativeTtl.Count > 0, said => said.NegativeTtl, null) ?? [])
        {
            _negativeTtl[PolicyRules.NegativeStatuses[status]] = ttl.ToTimeSpan();
        }

        var identity = Pick("identity", said => said.Identity.Count > 0, said => said.Identity, null) ?? [];
        IsShared = identity.Contains("shared");
        _credentials = identity.Where(word => word.StartsWith(CredentialPrefix, StringComparison.Ordinal)).Select(word => word[CredentialPrefix.Length..]).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        KeyMetadata =
        [
            .. (Pick("key_metadata", said => said.KeyMetadata.Count > 0, said => said.KeyMetadata, null) ?? [])
                .Concat(identity.Where(word => word.StartsWith(MetadataPrefix, StringComparison.Ordinal)).Select(word => word[MetadataPrefix.Length..]))
                .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
        ];

        // One property in two ways of saying it.
        _ = Pick("key_fields", said => said.KeyFields.Count + said.IgnoredFields.Count > 0, said => said, null);
        Request = rule.Request is null ? null : new MessageShape(rule.Request);
        _ = Pick("tags", said => said.Tags.Count > 0, said => said.Tags, null);
        Tags = [.. rule.Tags.Select(tag => new TagMaker(tag))];
        Flow = Pick("flow", said => said.Flow != MethodFlow.Unspecified, said => said.Flow, MethodFlow.Unspecified);
        MaxBytes = (long)Math.Min(long.MaxValue, Pick("max_bytes", said => said.HasMaxBytes, said => said.MaxBytes, ulong.MaxValue));
        Directives = (Pick("request_directives", said => said.RequestDirectives.Count > 0, said => said.RequestDirectives, null) ?? [])
            .Aggregate(HonouredDirectives.None, (all, name) => all | RequestDirectives.Names[name]);
        NoStore = Pick("no_store", said => said.NoStore, _ => true, false);
        (Fingerprint, FingerprintText) = MakeFingerprint(rule);
    }

    /// <summary>The pattern that it comes from.</summary>
    public string Pattern { get; }

    /// <summary>Why nothing may be cached under it; null: nothing is wrong.</summary>
    public string? Fault { get; }

    /// <summary>How long an answer is fresh that says nothing; null: not cached then.</summary>
    public TimeSpan? Ttl { get; }

    public TimeSpan StaleWhileRevalidate { get; }

    public TimeSpan StaleIfError { get; }

    /// <summary>Whether callers with different credentials share answers.</summary>
    public bool IsShared { get; }

    /// <summary>Request metadata in the key, lower-case, in ordinal order.</summary>
    public string[] KeyMetadata { get; }

    /// <summary>How requests are put in the key; null: as they come.</summary>
    public MessageShape? Request { get; }

    public TagMaker[] Tags { get; }

    public MethodFlow Flow { get; }

    /// <summary>Whether the method's calls are streams, as policy knows them.</summary>
    public bool IsStreaming => Flow is not (MethodFlow.Unspecified or MethodFlow.Unary);

    /// <summary>Longest answer that is stored.</summary>
    public long MaxBytes { get; }

    public HonouredDirectives Directives { get; }

    /// <summary>Whether nothing is cached.</summary>
    public bool NoStore { get; }

    /// <summary>Whether calls are neither looked up nor stored.</summary>
    public bool IsClosed => NoStore || Fault is not null;

    /// <summary>Whether answers are stored that declare nothing.</summary>
    public bool DeclaresCaching => Ttl > TimeSpan.Zero && !IsClosed;

    /// <summary>Who says which property, in the order of the proto.</summary>
    public SortedDictionary<string, PropertySource> Sources { get; } = new(StringComparer.Ordinal);

    /// <summary>The rule's version: a digest of all that it says. In the key, and told to other nodes.</summary>
    public byte[] Fingerprint { get; }

    /// <summary>The same for metadata.</summary>
    public string FingerprintText { get; }

    /// <summary>How long an error is fresh that says nothing; null: not stored then.</summary>
    public TimeSpan? NegativeTtl(int status) => status is >= 0 and <= 16 ? _negativeTtl[status] : null;

    /// <summary>Whether policy says that a name carries a credential.</summary>
    public bool IsCredential(string name) => _credentials.Count > 0 && _credentials.Contains(name);

    /// <summary>Whether a request field's values are in the key.</summary>
    public bool IsKeyed(string name) => Array.Exists(KeyMetadata, keyed => keyed.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>What is said of a property, as in files; null: nothing.</summary>
    public string? Describe(string property)
    {
        var said = Sources.GetValueOrDefault(property) switch { PropertySource.Policy => _policy, PropertySource.MethodOption => _option, _ => null };
        if (said is null)
        {
            return null;
        }

        var name = property == "key_fields" && said.KeyFields.Count == 0 ? "ignored_fields" : property;
        var value = CacheRule.Descriptor.FindFieldByName(name).Accessor.GetValue(said);
        return value switch
        {
            Duration duration => duration.ToTimeSpan().TotalSeconds.ToString(CultureInfo.InvariantCulture) + "s",
            System.Collections.IDictionary ttls => string.Join(", ", ttls.Keys.Cast<string>().Select(status => $"{status} {((Duration)ttls[status]!).ToTimeSpan().TotalSeconds.ToString(CultureInfo.InvariantCulture)}s")),
            IEnumerable<string> list => (name == "ignored_fields" ? "all but " : "") + string.Join(", ", list),
            bool flag => flag ? "true" : "false",
            MethodFlow flow => flow.ToString().ToLowerInvariant(),
            _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
        };
    }

    private T Pick<T>(string property, Func<CacheRule, bool> says, Func<CacheRule, T> read, T otherwise)
    {
        var (said, source) = _policy is not null && says(_policy) ? (_policy, PropertySource.Policy)
            : _option is not null && says(_option) ? (_option, PropertySource.MethodOption)
            : (null, PropertySource.Default);
        Sources[property] = source;
        return said is null ? otherwise : read(said);
    }

    private (byte[] Bytes, string Text) MakeFingerprint(EffectiveRule rule)
    {
        // The pattern and the wish to be a shadow change nothing that is stored.
        var content = new EffectiveRule { Policy = _policy?.Clone(), Option = _option?.Clone(), Request = rule.Request, Tags = { rule.Tags }, Fault = rule.Fault };
        foreach (var said in new[] { content.Policy, content.Option })
        {
            said?.Methods.Clear();
            if (said is not null)
            {
                said.Shadow = false;
            }
        }

        var bytes = SHA256.HashData(content.ToByteArray())[..FingerprintBytes];
        return (bytes, Convert.ToHexStringLower(bytes));
    }
}

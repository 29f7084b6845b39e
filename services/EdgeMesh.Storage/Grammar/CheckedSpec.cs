using System.Buffers;
using System.Globalization;
using System.Text;
using EdgeMesh.V1;

namespace EdgeMesh.Storage.Grammar;

/// <summary>What a writer says of an object, within its limits. Immutable.</summary>
/// <param name="Name">Where.</param>
/// <param name="Said">Content type, metadata, tags and cache-control; the other fields are empty.</param>
/// <param name="Sha256">What the content must hash to, 32 bytes; null: not stated.</param>
/// <param name="Conditions">What must stand there now; null: anything.</param>
internal sealed record CheckedSpec(ObjectName Name, ObjectSpec Said, byte[]? Sha256, ObjectConditions? Conditions)
{
    private const string StandardContentType = "application/octet-stream";

    /// <summary>Whether the writer left content type, metadata, tags and cache-control all absent.</summary>
    internal bool SaysNothing { get; private init; }

    /// <summary>Checks a spec, noting every rule that it breaks.</summary>
    /// <param name="path">The spec's path in the request: <c>spec</c>, <c>destination</c>.</param>
    /// <param name="spec">As received; null counts as absent, which is a violation.</param>
    /// <param name="violations">Where violations are noted; the result is only good when none were.</param>
    internal static CheckedSpec Check(string path, ObjectSpec? spec, Violations violations)
    {
        if (spec is null)
        {
            violations.Add(path, "must be present", "is absent");
            spec = new ObjectSpec();
            return new CheckedSpec(new ObjectName("", "", []), spec, null, null);
        }

        var name = ObjectName.Check(path + ".", spec.Bucket, spec.Key, violations);
        CheckContentType(path, spec.ContentType, violations);
        CheckMetadata(path, spec, violations);
        CheckTags(path, spec, violations);
        CheckCacheControl(path + ".cache_control", spec.CacheControl, violations);
        ConditionRules.Check(path + ".conditions", spec.Conditions, violations);
        if (spec.Sha256.Length is not (0 or ObjectLimits.Sha256Bytes))
        {
            violations.Add(path + ".sha256", $"must be {ObjectLimits.Sha256Bytes} bytes", spec.Sha256.Length);
        }

        var said = new ObjectSpec
        {
            ContentType = spec.ContentType.Length == 0 ? StandardContentType : spec.ContentType,
            CacheControl = spec.CacheControl,
        };
        said.Metadata.Add(spec.Metadata);
        said.Tags.Add(spec.Tags);
        return new CheckedSpec(name, said, spec.Sha256.IsEmpty ? null : spec.Sha256.ToByteArray(), spec.Conditions?.Clone())
        {
            SaysNothing = spec.ContentType.Length == 0 && spec.CacheControl.Length == 0 && spec.Metadata.Count == 0 && spec.Tags.Count == 0,
        };
    }

    /// <summary>Checks a <c>cache-control</c> field value: it becomes response metadata as it is, so it must not be able to end a header line.</summary>
    internal static void CheckCacheControl(string field, string value, Violations violations)
    {
        if (value.Length > ObjectLimits.CacheControlMaxBytes)
        {
            violations.Add(field, $"must be up to {ObjectLimits.CacheControlMaxBytes} bytes", value.Length);
        }

        if (!Utf8Text.IsPrintableAscii(value) || value.AsSpan().Trim(' ').Length != value.Length)
        {
            violations.Add(field, "must be printable ASCII without spaces at its ends", Violations.Shown(value));
        }
    }

    private static void CheckContentType(string path, string value, Violations violations)
    {
        if (value.Length > ObjectLimits.ContentTypeMaxBytes)
        {
            violations.Add(path + ".content_type", $"must be up to {ObjectLimits.ContentTypeMaxBytes} bytes", value.Length);
        }

        if (!Utf8Text.IsPrintableAscii(value))
        {
            violations.Add(path + ".content_type", "must be printable ASCII", Violations.Shown(value));
        }
    }

    private static void CheckMetadata(string path, ObjectSpec spec, Violations violations)
    {
        var field = path + ".metadata";
        if (spec.Metadata.Count > ObjectLimits.MetadataMaxEntries)
        {
            violations.Add(field, $"must have up to {ObjectLimits.MetadataMaxEntries} entries", spec.Metadata.Count);
        }

        var total = 0L;
        foreach (var (key, value) in spec.Metadata)
        {
            var entry = $"{field}[{Violations.Named(key)}]";
            var valueBytes = Encoding.UTF8.GetByteCount(value);
            total += Encoding.UTF8.GetByteCount(key) + valueBytes;
            if (key.Length is < 1 or > ObjectLimits.MetadataKeyMaxBytes)
            {
                violations.Add(entry, $"key must be 1 to {ObjectLimits.MetadataKeyMaxBytes} bytes", key.Length);
            }

            if (key.AsSpan().ContainsAnyExcept(MetadataKeyChars))
            {
                violations.Add(entry, "key must be of a-z, 0-9, '-', '_' and '.'", Violations.Shown(key));
            }

            if (valueBytes > ObjectLimits.MetadataValueMaxBytes)
            {
                violations.Add(entry, string.Create(CultureInfo.InvariantCulture, $"must be up to {ObjectLimits.MetadataValueMaxBytes:N0} bytes"), valueBytes);
            }
        }

        if (total > ObjectLimits.MetadataTotalMaxBytes)
        {
            violations.Add(field, string.Create(CultureInfo.InvariantCulture, $"must be up to {ObjectLimits.MetadataTotalMaxBytes:N0} bytes in all"), total);
        }
    }

    private static void CheckTags(string path, ObjectSpec spec, Violations violations)
    {
        if (spec.Tags.Count > ObjectLimits.TagsMax)
        {
            violations.Add(path + ".tags", $"must have up to {ObjectLimits.TagsMax} entries", spec.Tags.Count);
        }

        for (var i = 0; i < spec.Tags.Count; i++)
        {
            var tag = spec.Tags[i];
            var field = string.Create(CultureInfo.InvariantCulture, $"{path}.tags[{i}]");
            if (tag.Length is < 1 or > ObjectLimits.TagMaxBytes)
            {
                violations.Add(field, $"must be 1 to {ObjectLimits.TagMaxBytes} bytes", tag.Length);
            }

            if (tag.AsSpan().ContainsAnyExceptInRange('!', '~') || tag.Contains(',', StringComparison.Ordinal))
            {
                violations.Add(field, "must be printable ASCII without space or comma", Violations.Shown(tag));
            }
        }
    }

    private static readonly SearchValues<char> MetadataKeyChars = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.");
}

using System.Buffers;
using EdgeMesh.Storage.Database;
using EdgeMesh.V1;

namespace EdgeMesh.Storage.Grammar;

/// <summary>Conditions on the object that stands under a key: their grammar, and whether they hold (RFC 9110 section 13.1).</summary>
internal static class ConditionRules
{
    private const string Any = "*";

    /// <summary>Notes every condition that is not one.</summary>
    internal static void Check(string path, ObjectConditions? conditions, Violations violations)
    {
        CheckTag(path + ".if_match", conditions?.IfMatch, violations);
        CheckTag(path + ".if_none_match", conditions?.IfNoneMatch, violations);
    }

    /// <summary>Fails unless all conditions hold. Called by the writer within its transaction: nothing can come between the check and the write.</summary>
    /// <param name="conditions">Null: nothing is demanded.</param>
    /// <param name="current">What stands there; null: nothing.</param>
    /// <param name="name">Whom the error names.</param>
    /// <exception cref="ObjectStoreException"><see cref="ObjectStoreFault.ConditionNotMet"/> with every unmet condition.</exception>
    internal static void Demand(ObjectConditions? conditions, StoredObject? current, ObjectName name)
    {
        if (conditions is null)
        {
            return;
        }

        var unmet = new List<FieldViolation>();
        var standing = current is null ? "no object is there" : $"the etag is {current.ETag}, the generation {current.Generation}";
        if (conditions.IfMatch.Length > 0 && !Matches(conditions.IfMatch, current))
        {
            unmet.Add(new FieldViolation("IF_MATCH", $"{standing}; demanded is {conditions.IfMatch}"));
        }

        if (conditions.IfNoneMatch.Length > 0 && Matches(conditions.IfNoneMatch, current))
        {
            unmet.Add(new FieldViolation("IF_NONE_MATCH", $"{standing}; demanded is none of {conditions.IfNoneMatch}"));
        }

        if (conditions.HasIfGenerationMatch && conditions.IfGenerationMatch != (current?.Generation ?? 0))
        {
            unmet.Add(new FieldViolation("IF_GENERATION_MATCH", $"{standing}; demanded is generation {conditions.IfGenerationMatch}"));
        }

        if (unmet.Count > 0)
        {
            throw new ObjectStoreException(ObjectStoreFault.ConditionNotMet, $"{string.Join(", ", unmet.Select(one => one.Field))} not met for {name}: {standing}")
            {
                Violations = unmet,
            };
        }
    }

    private static bool Matches(string demanded, StoredObject? current) => current is not null && (demanded == Any || demanded == current.ETag);

    private static void CheckTag(string field, string? value, Violations violations)
    {
        if (string.IsNullOrEmpty(value) || value == Any)
        {
            return;
        }

        if (value.Length > ObjectLimits.ETagMaxBytes)
        {
            violations.Add(field, $"must be up to {ObjectLimits.ETagMaxBytes} bytes", value.Length);
        }

        if (value.Length < 2 || value[0] != '"' || value[^1] != '"' || value.AsSpan(1, value.Length - 2).ContainsAnyExcept(EntityTagChars))
        {
            violations.Add(field, "must be '*' or a strong entity tag in double quotes", Violations.Shown(value));
        }
    }

    // etagc (RFC 9110 section 8.8.3) without obs-text, which we never make: %x21 and %x23-7E.
    private static readonly SearchValues<char> EntityTagChars = SearchValues.Create([.. Enumerable.Range('!', '~' - '!' + 1).Select(c => (char)c).Where(c => c != '"')]);
}

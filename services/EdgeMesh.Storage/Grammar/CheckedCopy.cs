using EdgeMesh.V1;

namespace EdgeMesh.Storage.Grammar;

/// <summary>A copy within the limits. Immutable.</summary>
/// <param name="Source">What is copied.</param>
/// <param name="SourceConditions">What must be true of the source; null: nothing.</param>
/// <param name="Destination">Where to, and what is said of the copy.</param>
/// <param name="ReplaceMetadata">True: the destination's words count; false: the source's.</param>
internal sealed record CheckedCopy(ObjectName Source, ObjectConditions? SourceConditions, CheckedSpec Destination, bool ReplaceMetadata)
{
    /// <summary>Checks a request.</summary>
    /// <exception cref="ObjectStoreException"><see cref="ObjectStoreFault.InvalidArgument"/>.</exception>
    internal static CheckedCopy Parse(CopyObjectRequest request)
    {
        var violations = new Violations();
        var source = ObjectName.Check("source_", request.SourceBucket, request.SourceKey, violations);
        ConditionRules.Check("source_conditions", request.SourceConditions, violations);
        var destination = CheckedSpec.Check("destination", request.Destination, violations);
        if (!request.ReplaceMetadata && !destination.SaysNothing)
        {
            violations.Add(
                "destination", "must have no content_type, metadata, tags or cache_control unless replace_metadata is true", "has some");
        }

        violations.ThrowIfAny();
        return new CheckedCopy(source, request.SourceConditions?.Clone(), destination, request.ReplaceMetadata);
    }
}

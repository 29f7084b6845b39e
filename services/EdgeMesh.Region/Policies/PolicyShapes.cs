using EdgeMesh.Relay.Policies;
using EdgeMesh.V1;

namespace EdgeMesh.Region.Policies;

/// <summary>Adds to the shapes that descriptors declare those of single methods that policy declares, for nodes and clients.</summary>
internal static class PolicyShapes
{
    /// <summary>Joins them; descriptors come first.</summary>
    public static IReadOnlyList<MethodShape> Join(IReadOnlyList<MethodShape> described, Policy? policy)
    {
        var declared = from rule in policy?.Rules ?? []
                       where rule.Flow != MethodFlow.Unspecified
                       from method in rule.Methods
                       where MethodPattern.TryParse(method, out var pattern) && pattern.IsExact
                       select new MethodShape
                       {
                           Method = method,
                           ClientStreaming = rule.Flow is MethodFlow.ClientStreaming or MethodFlow.Bidirectional,
                           ServerStreaming = rule.Flow is MethodFlow.ServerStreaming or MethodFlow.Bidirectional,
                           SideEffectFree = rule.Safety == MethodSafety.NoSideEffects,
                           Idempotent = rule.Safety == MethodSafety.Idempotent,
                       };
        return [.. described.Concat(declared).DistinctBy(shape => shape.Method)];
    }
}

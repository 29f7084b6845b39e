using EdgeMesh.Relay.Policies;
using EdgeMesh.V1;

namespace EdgeMesh.Region.Policies;

/// <summary>The policy in force at a Region. Immutable.</summary>
/// <param name="Version">0: none was ever applied.</param>
/// <param name="Policy">As it was applied; null: none.</param>
/// <param name="Effective">What nodes follow.</param>
/// <param name="Model">The same, ready to be asked.</param>
/// <param name="Notes">What is in force in another way than the policy says.</param>
internal sealed record PolicyInForce(PolicyVersion Version, Policy? Policy, EffectivePolicy Effective, PolicyModel Model, IReadOnlyList<string> Notes);

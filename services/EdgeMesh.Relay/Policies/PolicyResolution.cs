using EdgeMesh.V1;

namespace EdgeMesh.Relay.Policies;

/// <summary>What a policy comes to with the methods that are known.</summary>
/// <param name="Effective">What nodes follow.</param>
/// <param name="Faults">What the policy names that cannot be: it is not to be put in force.</param>
/// <param name="Notes">What is in force in another way than it says, and why: descriptors are missing, method options are wrong.</param>
public sealed record PolicyResolution(EffectivePolicy Effective, IReadOnlyList<PolicyFault> Faults, IReadOnlyList<string> Notes);

using EdgeMesh.Relay.Coherence;
using EdgeMesh.V1;

namespace EdgeMesh.Relay.Policies;

/// <summary>Puts a node's data plane under the policy that its Region's log has.</summary>
public static class PolicyFollower
{
    /// <summary>Has the entries of a log followed. To be called before the first update.</summary>
    /// <remarks>A call follows the policy with which it began; the next one the new one. No call waits, and none is dropped.</remarks>
    public static void Follow(AppliedLog log, RelayHandler relay)
    {
        log.HandleReset(() => relay.Policy = PolicyModel.None);
        log.Handle(LogEntry.ChangeOneofCase.Policy, entry => relay.Policy = new PolicyModel(entry.Policy.Effective ?? new EffectivePolicy()));
        log.Handle(LogEntry.ChangeOneofCase.EffectivePolicy, entry => relay.Policy = new PolicyModel(entry.EffectivePolicy));
    }
}

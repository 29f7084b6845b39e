using System.Security.Cryptography;
using EdgeMesh.Region.Log;
using EdgeMesh.Relay.Coherence;
using EdgeMesh.Relay.Policies;
using EdgeMesh.V1;
using Google.Protobuf;

namespace EdgeMesh.Region.Policies;

/// <summary>The policies of a Region: entries of its log, of which the last is in force.</summary>
/// <remarks>
/// Resolved with what is known of methods now, and again when descriptors change (<see cref="RefreshAsync"/>): then nodes are told by another entry. One change at a
/// time; reading waits for none. Race: (1) a policy is applied; (2) descriptors change while its entry is written; (3) the refresh that follows
/// waits for its turn, and resolves the new policy. Thread-safe.
/// </remarks>
internal sealed class PolicyState : IDisposable
{
    private readonly RegionLog _regionLog;
    private readonly Func<IReadOnlyDictionary<string, MethodTypes>> _methods;
    private readonly SemaphoreSlim _oneChange = new(1);
    private volatile PolicyInForce _current;

    /// <summary>Goes on with what the log has.</summary>
    /// <param name="regionLog">Where policies are kept.</param>
    /// <param name="methods">What is known of methods now.</param>
    public PolicyState(RegionLog regionLog, Func<IReadOnlyDictionary<string, MethodTypes>> methods)
    {
        (_regionLog, _methods) = (regionLog, methods);
        var applied = regionLog.OfKind(LogEntry.ChangeOneofCase.Policy, long.MaxValue, 1).FirstOrDefault();
        var resolved = regionLog.OfKind(LogEntry.ChangeOneofCase.EffectivePolicy, long.MaxValue, 1).FirstOrDefault();
        var effective = resolved is not null && resolved.Sequence > (applied?.Sequence ?? 0) ? resolved.EffectivePolicy : applied?.Policy.Effective ?? new EffectivePolicy();
        _current = new PolicyInForce(VersionOf(applied), applied?.Policy.Policy, effective, new PolicyModel(effective), []);
    }

    /// <summary>Raised after another policy came into force, or the same in another way, on the thread that put it there.</summary>
    public event Action? Changed;

    /// <summary>What is in force.</summary>
    public PolicyInForce Current => _current;

    /// <summary>What a version is known by.</summary>
    /// <param name="entry">Its entry; null: the version before the first.</param>
    public static PolicyVersion VersionOf(LogEntry? entry) => entry is null ? new PolicyVersion() : new PolicyVersion
    {
        Version = entry.Policy.Version,
        ApplyTime = entry.CommitTime,
        Note = entry.Policy.Note,
        Digest = DigestOf(entry.Policy.Policy),
    };

    /// <summary>What a policy would come to now.</summary>
    public PolicyResolution Resolve(Policy policy, ulong version) => PolicyResolver.Resolve(policy, version, _methods());

    /// <summary>What is known of a method; null: nothing.</summary>
    public MethodTypes? Describe(string method) => _methods().GetValueOrDefault(method);

    /// <summary>Puts a policy in force.</summary>
    /// <param name="policy">Checked by <see cref="PolicyRules"/>.</param>
    /// <param name="baseVersion">What must be in force; null: whatever is.</param>
    /// <returns>What is in force then, and whether that is new; faults when it is not to be put in force, null for a base that is not in force.</returns>
    /// <exception cref="Storage.ObjectStoreException">It could not be written, or nobody knows whether it was.</exception>
    public async Task<(PolicyInForce InForce, bool IsNew, IReadOnlyList<PolicyFault>? Faults)> ApplyAsync(Policy policy, ulong? baseVersion, string note, bool validateOnly, CancellationToken cancellationToken)
    {
        await _oneChange.WaitAsync(cancellationToken);
        try
        {
            var before = _current;
            if (baseVersion is { } expected && expected != before.Version.Version)
            {
                return (before, false, null);
            }

            var version = before.Version.Version + 1;
            var resolution = Resolve(policy, version);
            var isSame = before.Policy is not null && before.Policy.Equals(policy);
            if (resolution.Faults.Count > 0 || validateOnly || isSame)
            {
                return (before with { Notes = resolution.Notes }, false, resolution.Faults);
            }

            // Once its turn has come it is written, whether the caller is still there or not.
            var entry = await _regionLog.AppendAsync(new LogEntry { Policy = new PolicyChange { Version = version, Note = note, Policy = policy, Effective = resolution.Effective } }, CancellationToken.None);
            Set(new PolicyInForce(VersionOf(entry), policy, resolution.Effective, new PolicyModel(resolution.Effective), resolution.Notes));
            return (_current, true, []);
        }
        finally
        {
            _oneChange.Release();
        }
    }

    /// <summary>Resolves the policy in force with what is known of methods now, and tells nodes if it comes to something else.</summary>
    /// <exception cref="Storage.ObjectStoreException">It could not be written.</exception>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await _oneChange.WaitAsync(cancellationToken);
        try
        {
            var before = _current;
            var methods = _methods();
            var resolution = PolicyResolver.Resolve(before.Policy, before.Version.Version, methods);
            PolicyResolver.Keep(resolution.Effective, before.Effective, methods);
            var notes = resolution.Faults.Select(fault => fault.ToString()).Concat(resolution.Notes).ToList();
            if (resolution.Effective.Equals(before.Effective))
            {
                _current = before with { Notes = notes };
                return;
            }

            await _regionLog.AppendAsync(new LogEntry { EffectivePolicy = resolution.Effective }, cancellationToken);
            Set(before with { Effective = resolution.Effective, Model = new PolicyModel(resolution.Effective), Notes = notes });
        }
        finally
        {
            _oneChange.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _oneChange.Dispose();

    private static string DigestOf(Policy? policy) => policy is null ? "" : Convert.ToHexStringLower(SHA256.HashData(policy.ToByteArray()))[..16];

    private void Set(PolicyInForce inForce)
    {
        _current = inForce;
        Changed?.Invoke();
    }
}

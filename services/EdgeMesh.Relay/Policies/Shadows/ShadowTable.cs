using System.Collections.Concurrent;
using EdgeMesh.Caching;
using EdgeMesh.Relay.Telemetry;

namespace EdgeMesh.Relay.Policies.Shadows;

/// <summary>Remembers what rules that are only tried would have stored, and counts what that would have saved.</summary>
/// <remarks>
/// A fixed table of hashes and lifetimes, made when it is first needed: 4 MiB. Where two keys meet in a slot the later one has it, so that much traffic
/// makes the ratio look lower than a real cache's. Written without locks: a slot is two words, the first mixed with the second, so that halves of two
/// entries match nothing. Thread-safe.
/// </remarks>
internal sealed class ShadowTable(TimeProvider time)
{
    /// <summary>What stands for methods beyond as many as are counted by name.</summary>
    public const string OtherMethods = "_OTHER";

    private const int Slots = 1 << 18;
    private const int MaxMethods = 256;

    private readonly ConcurrentDictionary<string, ShadowCounts> _counts = new(StringComparer.Ordinal);
    private readonly Lazy<long[]> _slots = new(() => new long[2 * Slots]);

    /// <summary>What was counted, by method.</summary>
    public IEnumerable<KeyValuePair<string, ShadowCounts>> All => _counts;

    /// <summary>Notes a call.</summary>
    /// <param name="path">Its method.</param>
    /// <param name="rule">What is tried.</param>
    /// <param name="key">What it would be stored under.</param>
    public ShadowCall Look(string path, MethodRule rule, KeyHash key)
    {
        var name = path[1..];
        var counts = _counts.TryGetValue(name, out var known) ? known
            : _counts.GetOrAdd(_counts.Count < MaxMethods ? name : OtherMethods, _ => new ShadowCounts());
        var hash = (long)key.Low;
        var slots = _slots.Value;
        var at = 2 * (int)((ulong)hash % Slots);
        var freshUntil = Volatile.Read(ref slots[at + 1]);
        var isHit = (Volatile.Read(ref slots[at]) ^ freshUntil) == hash && time.GetTimestamp() < freshUntil;
        return new ShadowCall(this, counts, rule, hash, isHit);
    }

    /// <summary>Notes that an answer would have been stored.</summary>
    public void Add(long hash, TimeSpan lifetime)
    {
        var freshUntil = time.GetTimestamp() + (long)(lifetime.TotalSeconds * time.TimestampFrequency);
        var slots = _slots.Value;
        var at = 2 * (int)((ulong)hash % Slots);
        Volatile.Write(ref slots[at], hash ^ freshUntil);
        Volatile.Write(ref slots[at + 1], freshUntil);
    }
}

/// <summary>What a rule that is only tried would have done for one method. Counters only grow; thread-safe.</summary>
internal sealed class ShadowCounts
{
    private long _calls;
    private long _hits;
    private long _savedCalls;
    private long _savedBytes;

    /// <summary>Calls that would have been looked up.</summary>
    public long Calls => Volatile.Read(ref _calls);

    /// <summary>Those that would have been hits.</summary>
    public long Hits => Volatile.Read(ref _hits);

    /// <summary>Those of them that did ask upstream.</summary>
    public long SavedCalls => Volatile.Read(ref _savedCalls);

    /// <summary>Bytes of the answers that came from there.</summary>
    public long SavedBytes => Volatile.Read(ref _savedBytes);

    public void Count(bool isHit, bool asked, long bytes)
    {
        Interlocked.Increment(ref _calls);
        if (!isHit)
        {
            return;
        }

        Interlocked.Increment(ref _hits);
        if (asked)
        {
            Interlocked.Increment(ref _savedCalls);
            Interlocked.Add(ref _savedBytes, bytes);
        }
    }
}

/// <summary>One call under a rule that is only tried. Immutable.</summary>
internal sealed record ShadowCall(ShadowTable Table, ShadowCounts Counts, MethodRule Rule, long Hash, bool IsHit)
{
    /// <summary>The call has ended.</summary>
    public void End(CallOutcome outcome, long sentBytes) => Counts.Count(IsHit, outcome == CallOutcome.Miss, sentBytes);
}

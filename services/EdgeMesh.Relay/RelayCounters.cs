using EdgeMesh.Relay.Telemetry;
using EdgeMesh.Wire;

namespace EdgeMesh.Relay;

/// <summary>What a relay counted since it started: the one account that reports to the Region and meters are read from.</summary>
/// <remarks>
/// A call counts under its outcome when it ends, as one in a latency histogram: outcome counts are sums over its buckets. Thread-safe, without
/// locks on the way of a call; what several properties say may be a few calls apart.
/// </remarks>
public sealed class RelayCounters
{
    // A stripe's counters share a cache line of their own, with room for the line that processors fetch along with it.
    private const int StripeLength = 16;
    private const int Begun = 0;
    private const int Received = 1;
    private const int Sent = 2;

    // A median of fewer says more of those calls than of the node: the first few of a cold cache all go upstream.
    private const int MinServed = 20;

    // One minute: enough calls for a p99 at few calls a second, short enough to show a change while one watches. Nodes report every 5 s.
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(5);

    // A queue grows within a second: clients that hear of it late leave late, and come back late.
    private static readonly TimeSpan RecentWindow = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RecentSlice = TimeSpan.FromMilliseconds(100);

    private static readonly int[] OutcomeIndices = [.. Enum.GetValues<CallOutcome>().Select(outcome => (int)outcome)];

    // The first stripe stays empty: the array's length lies before it, and every count reads that.
    private readonly long[] _striped = new long[(ProcessorStripes.Count + 1) * StripeLength];
    private readonly LatencyHistogram[] _latencies = [.. OutcomeIndices.Select(_ => new LatencyHistogram())];
    private readonly long[] _failures = new long[(int)GrpcStatusCode.Unauthenticated + 1];
    private readonly LatencyWindow _window;
    private readonly LatencyWindow _recent;
    private long _upstreamFailures;
    private long _waiting;

    /// <summary>Starts at zero.</summary>
    /// <param name="time">The clock of recent latencies.</param>
    public RelayCounters(TimeProvider time)
    {
        _window = new LatencyWindow(_latencies, Window, Slice, time);
        _recent = new LatencyWindow(_latencies, RecentWindow, RecentSlice, time);
    }

    /// <summary>Calls answered from the store without waiting for anyone.</summary>
    public long Hits => Count(CallOutcome.Hit);

    /// <summary>Calls that could have been answered from the store, asked upstream, and have ended.</summary>
    public long Misses => Count(CallOutcome.Miss);

    /// <summary>Calls that waited for a fill that another had begun, and ended with it: by its answer, its failure, or their own going.</summary>
    public long Coalesced => Count(CallOutcome.Coalesced);

    /// <summary>Calls relayed without a look into the store (streams, large requests) that have ended.</summary>
    public long Bypasses => Count(CallOutcome.Bypass);

    /// <summary>Calls that have ended = hits + misses + coalesced + bypasses + refused + local.</summary>
    public long Calls => OutcomeIndices.Sum(outcome => _latencies[outcome].Count);

    /// <summary>Calls that run now = calls begun - calls ended.</summary>
    public long InFlight => Math.Max(0, Sum(Begun) - Calls);

    /// <summary>Bytes of request messages that came in, prefixes included; not of calls to this node's own services.</summary>
    public long ReceivedBytes => Sum(Received);

    /// <summary>Bytes of answers' messages that went out, prefixes included; not of calls to this node's own services.</summary>
    public long SentBytes => Sum(Sent);

    /// <summary>
    /// Calls that ended with a status that is the server's fault: UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS
    /// (OpenTelemetry's rule for the spans of gRPC servers).
    /// </summary>
    public long Errors => Failures.Where(failure => IsServerFault(failure.Key)).Sum(failure => failure.Value);

    /// <summary>Calls that ended because upstream could not be reached or was lost.</summary>
    public long UpstreamFailures => Volatile.Read(ref _upstreamFailures);

    /// <summary>Calls that wait for another's fill now.</summary>
    public long Waiting => Volatile.Read(ref _waiting);

    /// <summary>Calls that ended with each status but OK.</summary>
    internal IEnumerable<KeyValuePair<GrpcStatusCode, long>> Failures =>
        Enumerable.Range(0, _failures.Length).Select(code => new KeyValuePair<GrpcStatusCode, long>((GrpcStatusCode)code, Volatile.Read(ref _failures[code])));

    /// <summary>Bypasses by reason.</summary>
    internal ReasonCounts BypassReasons { get; } = new();

    /// <summary>Answers of fills that were not stored, by reason.</summary>
    internal ReasonCounts UncacheableReasons { get; } = new();

    /// <summary>Calls answered by a stale answer, by what allowed it.</summary>
    internal ReasonCounts StaleReasons { get; } = new();

    /// <summary>Calls that ended with an outcome.</summary>
    public long Count(CallOutcome outcome) => _latencies[(int)outcome].Count;

    /// <summary>How long calls took in about the last minute, from their first byte here to their last. See <see cref="LatencyQuantiles.Window"/>.</summary>
    /// <param name="outcomes">Of these outcomes, taken together; none: of all that were answered, refused ones aside.</param>
    public LatencyQuantiles ReadLatency(params ReadOnlySpan<CallOutcome> outcomes)
    {
        if (outcomes.IsEmpty)
        {
            return _window.Read(Answered);
        }

        Span<int> kinds = stackalloc int[outcomes.Length];
        for (var i = 0; i < kinds.Length; i++)
        {
            kinds[i] = (int)outcomes[i];
        }

        return _window.Read(kinds);
    }

    /// <summary>How long half of the answers took lately, for clients who choose a node: of about the last 20 calls, of all in the last tenth of a second if those were more, and of none older than a minute.</summary>
    /// <returns>Null: there were fewer.</returns>
    public TimeSpan? ReadServedMedian() => (_recent.ReadLast(MinServed, Answered) ?? _window.ReadLast(MinServed, Answered))?.P50;

    private static ReadOnlySpan<int> Answered => [(int)CallOutcome.Hit, (int)CallOutcome.Miss, (int)CallOutcome.Coalesced, (int)CallOutcome.Bypass, (int)CallOutcome.Local];

    /// <summary>Whether a status is the server's fault.</summary>
    internal static bool IsServerFault(GrpcStatusCode code) =>
        code is GrpcStatusCode.Unknown or GrpcStatusCode.DeadlineExceeded or GrpcStatusCode.Unimplemented or GrpcStatusCode.Internal or GrpcStatusCode.Unavailable or GrpcStatusCode.DataLoss;

    internal void BeginCall() => Interlocked.Increment(ref Striped(Begun));

    internal void EndCall(CallOutcome outcome, GrpcStatusCode status, TimeSpan latency)
    {
        if (status != GrpcStatusCode.Ok)
        {
            Interlocked.Increment(ref _failures[(int)status]);
        }

        _latencies[(int)outcome].Record(latency);
    }

    internal void AddReceived(long bytes) => Interlocked.Add(ref Striped(Received), bytes);

    internal void AddSent(long bytes) => Interlocked.Add(ref Striped(Sent), bytes);

    internal void CountUpstreamFailure() => Interlocked.Increment(ref _upstreamFailures);

    internal void BeginWait() => Interlocked.Increment(ref _waiting);

    internal void EndWait() => Interlocked.Decrement(ref _waiting);

    private ref long Striped(int counter) => ref _striped[((ProcessorStripes.Current + 1) * StripeLength) + counter];

    private long Sum(int counter)
    {
        var sum = 0L;
        for (var i = counter; i < _striped.Length; i += StripeLength)
        {
            sum += Volatile.Read(ref _striped[i]);
        }

        return sum;
    }
}

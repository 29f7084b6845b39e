using EdgeMesh.Probing.Messages;
using EdgeMesh.Relay;
using EdgeMesh.V1;
using Google.Protobuf.WellKnownTypes;

namespace EdgeMesh.Probing.Answers;

/// <summary>Answers probes: what a node says of itself, and how long it took to say it.</summary>
/// <remarks>Thread-safe, without locks.</remarks>
/// <param name="facts">What the node knows of itself.</param>
/// <param name="counters">What its relay counted. Probes are not among it (<see cref="ProbePipeline"/>).</param>
/// <param name="time">The clock of residence.</param>
public sealed class ProbeReflector(ReflectorFacts facts, RelayCounters counters, TimeProvider time)
{
    /// <summary>The most neighbours in an answer.</summary>
    public const int MaxNeighbours = 16;

    // The load's figures cost some ten microseconds, and nobody needs them newer.
    private static readonly TimeSpan LoadAge = TimeSpan.FromMilliseconds(100);

    private volatile Load? _load;
    private long _answers;

    /// <summary>Probes answered.</summary>
    public long Answers => Volatile.Read(ref _answers);

    /// <summary>Answers one.</summary>
    /// <param name="probe">The probe.</param>
    /// <param name="arrival">When it was read, by the clock's timestamp.</param>
    public ProbeResponse Answer(ProbeRequest probe, long arrival)
    {
        Interlocked.Increment(ref _answers);
        var load = ReadLoad(arrival);
        var answer = new ProbeResponse
        {
            Sequence = probe.Sequence,
            Node = facts.Node,
            Region = facts.Region(),
            InFlight = load.InFlight,
            Capacity = (uint)facts.Capacity,
            ServedMedian = load.ServedMedian,
            Draining = facts.IsDraining(),
            Coordinate = facts.Coordinate()?.ToMessage(),
        };
        if (probe.Neighbours)
        {
            answer.Neighbours.AddRange(facts.Neighbours(MaxNeighbours));
        }

        answer.Residence = Duration.FromTimeSpan(time.GetElapsedTime(arrival));
        return answer;
    }

    private Load ReadLoad(long now)
    {
        if (_load is { } known && time.GetElapsedTime(known.Timestamp, now) < LoadAge)
        {
            return known;
        }

        return _load = new Load(now, (uint)Math.Min(counters.InFlight, uint.MaxValue), counters.ReadServedMedian() is { } served ? Duration.FromTimeSpan(served) : null);
    }

    /// <summary>The duration is shared by answers: nobody changes it.</summary>
    private sealed record Load(long Timestamp, uint InFlight, Duration? ServedMedian);
}

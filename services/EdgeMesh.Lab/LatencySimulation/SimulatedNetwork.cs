using EdgeMesh.Latency;

namespace EdgeMesh.Lab.LatencySimulation;

/// <summary>Carries probes over the matrix: each takes its round trip and some jitter, or gets lost, and is counted.</summary>
/// <remarks>Jitter only adds: an exponential share of the round trip and an exponential host delay. Not thread-safe.</remarks>
internal sealed class SimulatedNetwork
{
    /// <summary>Mean delay in the two hosts' schedulers and stacks.</summary>
    public static readonly TimeSpan HostDelay = TimeSpan.FromMicroseconds(50);

    /// <summary>A prober gives up after this.</summary>
    public static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(3);

    private readonly RttMatrix _matrix;
    private readonly double _jitterShare;
    private readonly double _lossShare;
    private readonly VirtualTime _time;

    /// <summary>Makes a network.</summary>
    /// <param name="matrix">Its round trips.</param>
    /// <param name="jitterShare">Mean of the exponential jitter as a share of the round trip, 0 or more.</param>
    /// <param name="lossShare">Share of probes lost, 0 to 1.</param>
    /// <param name="time">The clock.</param>
    public SimulatedNetwork(RttMatrix matrix, double jitterShare, double lossShare, VirtualTime time)
    {
        _matrix = matrix;
        _jitterShare = jitterShare;
        _lossShare = lossShare;
        _time = time;
    }

    /// <summary>Probes carried.</summary>
    public long Probes { get; private set; }

    /// <summary>Sends one probe and tells its round trip, once that time has passed.</summary>
    /// <param name="from">Row.</param>
    /// <param name="to">Column.</param>
    /// <param name="random">The prober's own randomness.</param>
    /// <param name="answered">Gets the round trip; null after <see cref="ProbeTimeout"/> if the probe was lost.</param>
    public void Probe(int from, int to, Random random, Action<TimeSpan?> answered)
    {
        Probes++;
        var roundTrip = Draw(from, to, random);
        if (roundTrip is { } time && time <= ProbeTimeout)
        {
            _time.At(_time.Now + time, () => answered(time));
        }
        else
        {
            _time.At(_time.Now + ProbeTimeout, () => answered(null));
        }
    }

    /// <summary>What a probe would measure now; null if it would be lost.</summary>
    public TimeSpan? Draw(int from, int to, Random random)
    {
        if (_lossShare > 0 && random.NextDouble() < _lossShare)
        {
            return null;
        }

        var milliseconds = (_matrix[from, to] * (1 + (_jitterShare * Exponential(random)))) + (HostDelay.TotalMilliseconds * Exponential(random));
        return TimeSpan.FromMilliseconds(Math.Min(Math.Max(milliseconds, 0.001), RoundTrip.Longest.TotalMilliseconds));
    }

    private static double Exponential(Random random) => -Math.Log(1 - random.NextDouble());
}

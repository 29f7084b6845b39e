using EdgeMesh.Lab.CacheSimulation.Traces;

namespace EdgeMesh.Lab.CacheSimulation;

/// <summary>A cache without contents, asked for the requests of a trace one after the other.</summary>
/// <param name="trace">What it will be asked for.</param>
/// <param name="capacityBytes">At least 0.</param>
internal abstract class SimulatedCache(Trace trace, long capacityBytes)
{
    /// <summary>What it is asked for.</summary>
    protected Trace Trace { get; } = trace;

    /// <summary>Most bytes of objects that it holds.</summary>
    protected long CapacityBytes { get; } = capacityBytes;

    /// <summary>Asks for an object, and takes it in when it is not there and worth it.</summary>
    /// <param name="time">The number of the request in the trace.</param>
    /// <param name="item">The object asked for.</param>
    /// <returns>Whether it was there.</returns>
    public abstract bool Request(int time, int item);
}

using System.Numerics;

namespace EdgeMesh.Relay.Telemetry;

/// <summary>Which copy of a counter the running thread uses, so that cores do not fight for one cache line.</summary>
/// <remarks>A striped counter, as LongAdder of java.util.concurrent. A thread that moves meanwhile still counts right: adds are interlocked.</remarks>
internal static class ProcessorStripes
{
    // Beyond this many copies reading costs more than is gained.
    private const int MaxCount = 16;

    /// <summary>Copies: a power of two.</summary>
    public static readonly int Count = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Min(MaxCount, Environment.ProcessorCount));

    /// <summary>The running thread's copy: 0 to <see cref="Count"/> - 1.</summary>
    public static int Current => Thread.GetCurrentProcessorId() & (Count - 1);
}

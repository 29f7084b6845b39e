using System.Runtime.InteropServices;

namespace EdgeMesh.Benchmarks.Store;

/// <summary>Processor time of the calling thread: on a machine that others use too, it wanders far less than the time on the wall.</summary>
internal static partial class ThreadClock
{
    private const int ThreadCpuTime = 3; // CLOCK_THREAD_CPUTIME_ID, clock_gettime(2).

    /// <summary>Nanoseconds so far; 0 where the system does not say.</summary>
    public static double Nanoseconds() => OperatingSystem.IsLinux() && GetTime(ThreadCpuTime, out var time) == 0 ? (time.Seconds * 1e9) + time.Nanoseconds : 0;

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out TimeSpec time);

    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}

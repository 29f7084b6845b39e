using System.Globalization;

namespace EdgeMesh.Benchmarks.Store;

/// <summary>What the system says that this process takes.</summary>
internal static class ProcessMemory
{
    /// <summary>Resident bytes; on systems without /proc, the working set.</summary>
    public static long ResidentBytes()
    {
        const string Status = "/proc/self/status";
        if (!File.Exists(Status))
        {
            return Environment.WorkingSet;
        }

        var line = File.ReadLines(Status).First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan("VmRSS:".Length, line.Length - "VmRSS:".Length - "kB".Length).Trim(), CultureInfo.InvariantCulture) * 1024;
    }
}

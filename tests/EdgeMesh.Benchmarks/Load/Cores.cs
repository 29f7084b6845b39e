using System.Diagnostics;
using System.Globalization;
using EdgeMesh.Testing;

namespace EdgeMesh.Benchmarks.Load;

/// <summary>Which core a process runs on, and what it used of it. Linux.</summary>
internal static class Cores
{
    /// <summary>Where what is measured runs.</summary>
    public const int Server = 0;

    /// <summary>Where the load, and whatever stands behind the server, runs.</summary>
    public const int Load = 1;

    /// <summary>Keeps every thread of running processes, and of their descendants, on one core: after their start, so that .NET still chose server GC.</summary>
    public static async Task PinAsync(IEnumerable<int> processIds, int core)
    {
        foreach (var id in processIds.SelectMany(Tree))
        {
            await using var taskset = ChildProcess.Start("taskset", ["-apc", core.ToString(CultureInfo.InvariantCulture), id.ToString(CultureInfo.InvariantCulture)]);
            if (await taskset.WaitForExitAsync() != 0)
            {
                throw new Peers.BenchmarkException($"taskset could not pin process {id}: {string.Join(' ', taskset.Errors)}");
            }
        }
    }

    /// <summary>Processor time of processes and their descendants until now, user and kernel.</summary>
    public static TimeSpan ProcessorTime(IEnumerable<int> processIds)
    {
        var total = TimeSpan.Zero;
        foreach (var id in processIds.SelectMany(Tree))
        {
            using var process = Process.GetProcessById(id);
            total += process.TotalProcessorTime;
        }

        return total;
    }

    private static IEnumerable<int> Tree(int processId)
    {
        yield return processId;
        foreach (var thread in Directory.EnumerateDirectories(FormattableString.Invariant($"/proc/{processId}/task")))
        {
            foreach (var child in File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                foreach (var one in Tree(int.Parse(child, CultureInfo.InvariantCulture)))
                {
                    yield return one;
                }
            }
        }
    }
}

using System.Globalization;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.Workloads;

/// <summary>Workloads for people.</summary>
internal static class WorkloadText
{
    /// <summary>A table with one line a workload; what is wrong with its replicas below it.</summary>
    public static void WriteList(Terminal terminal, IReadOnlyList<WorkloadJson> workloads)
    {
        var table = new TextTable("Name", "Services", "State", ">Ready", ">Calls", ">Failures", ">Retries", ">Restarts", "Fault");
        foreach (var workload in workloads)
        {
            table.Add(
                workload.Name,
                string.Join(' ', workload.Services),
                StateOf(workload),
                string.Create(CultureInfo.InvariantCulture, $"{workload.Replicas.Count(replica => replica.State == "ready")}/{workload.Replicas.Count}"),
                $"{workload.Calls}",
                $"{workload.Failures}",
                $"{workload.Retries}",
                $"{workload.Replicas.Sum(replica => replica.Restarts)}",
                FaultOf(workload));
        }

        table.Write(terminal.OutConsole, terminal.OutIsTerminal);
    }

    /// <summary>All that is known of one.</summary>
    public static async Task WriteAsync(Terminal terminal, WorkloadJson workload)
    {
        await terminal.Out.WriteLineAsync($"{workload.Name}: {StateOf(workload)}, {workload.Calls} calls, {workload.Failures} failed, {workload.Retries} sent again, {workload.Fallbacks} went elsewhere");
        await terminal.Out.WriteLineAsync($"services  {string.Join(' ', workload.Services)}");
        await terminal.Out.WriteLineAsync($"command   {(workload.Command.Count == 0 ? "others run it: it is registered by address" : string.Join(' ', workload.Command))}");
        if (workload.MemoryBytes is { } memory)
        {
            await terminal.Out.WriteLineAsync($"memory    {ByteSize.Show(memory)} a replica");
        }

        if (workload.Cpus is { } cpus)
        {
            await terminal.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"cpus      {cpus} a replica"));
        }

        foreach (var volume in workload.Volumes)
        {
            await terminal.Out.WriteLineAsync($"volume    {volume.Name} at {volume.Path}{(volume.Shared ? ", shared by all" : ", one for each")}");
        }

        var table = new TextTable("Replica", "State", "Address", ">Process", "Zone", ">Weight", ">In flight", ">Calls", ">Failures", ">Latency", ">Restarts", "Started");
        foreach (var replica in workload.Replicas)
        {
            table.Add(
                replica.Name,
                replica.State,
                replica.Address ?? "",
                $"{replica.ProcessId}",
                replica.Zone ?? "",
                replica.Weight.ToString("0.##", CultureInfo.InvariantCulture),
                $"{replica.InFlight}",
                $"{replica.Calls}",
                $"{replica.Failures}",
                Milliseconds.Show(replica.LatencyMilliseconds),
                $"{replica.Restarts}",
                Timestamps.Show(replica.Started));
        }

        table.Write(terminal.OutConsole, terminal.OutIsTerminal);
        foreach (var replica in workload.Replicas.Where(replica => replica.Fault is not null || replica.Limits is not null))
        {
            await terminal.Out.WriteLineAsync($"{replica.Name}: {string.Join("; ", new[] { replica.Fault, replica.Limits is null ? null : $"limits are held by {replica.Limits}" }.OfType<string>())}");
        }
    }

    /// <summary><c>serving</c>, <c>unwell</c> or <c>stopped</c>.</summary>
    public static string StateOf(WorkloadJson workload) => workload.Stopped ? "stopped" : workload.Serving ? "serving" : workload.Replicas.Count == 0 ? "scaled to 0" : "unwell";

    // Who takes no calls first; but also who does and ended before, or floods its log.
    private static string FaultOf(WorkloadJson workload) =>
        workload.Replicas.Where(replica => replica.Fault is not null).MinBy(replica => replica.State == "ready") is { } replica ? $"{replica.Name}: {replica.Fault}" : "";
}

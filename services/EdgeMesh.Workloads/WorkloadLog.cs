using Microsoft.Extensions.Logging;

namespace EdgeMesh.Workloads;

/// <summary>Log lines of workloads: event ids from 9000.</summary>
internal static partial class WorkloadLog
{
    [LoggerMessage(9000, LogLevel.Information, "Workload {Workload} {What}")]
    public static partial void ServingChanged(this ILogger log, string workload, string what);

    [LoggerMessage(9001, LogLevel.Warning, "Workload {Workload}: {Replica} gets no calls for {Seconds} s: {Why}")]
    public static partial void Ejected(this ILogger log, string workload, string replica, double seconds, string why);

    [LoggerMessage(9002, LogLevel.Information, "Workload {Workload}: {Replica} is well at {Address}")]
    public static partial void ReplicaReady(this ILogger log, string workload, string replica, string address);

    [LoggerMessage(9003, LogLevel.Warning, "Workload {Workload}: {Replica} {Fault}")]
    public static partial void ReplicaFault(this ILogger log, string workload, string replica, string fault);

    [LoggerMessage(9004, LogLevel.Warning, "Workload {Workload}: its limits are held by {Means}")]
    public static partial void WeakLimits(this ILogger log, string workload, string means);

    [LoggerMessage(9005, LogLevel.Warning, "The shell that ends workloads with the node is gone, and is started anew with the next process: {Why}")]
    public static partial void ReaperLost(this ILogger log, string why);

    [LoggerMessage(9006, LogLevel.Warning, "Workload {Workload}: {Replica} did not end within its grace of {Seconds} s and was killed")]
    public static partial void GraceExceeded(this ILogger log, string workload, string replica, double seconds);

    [LoggerMessage(9008, LogLevel.Information, "Workload {Workload} is as it was asked to be before the node ended: {What}. edgemesh workload run goes back to its configuration")]
    public static partial void IntentFollowed(this ILogger log, string workload, string what);

    [LoggerMessage(9009, LogLevel.Warning, "What was asked of workload {Workload} holds until the node ends, it could not be kept in {Path}: {Why}")]
    public static partial void IntentNotKept(this ILogger log, string workload, string path, string why);

    [LoggerMessage(9007, LogLevel.Warning, "Replica {Replica} writes more than {Kibibytes} KiB/s to its log, and is held back: it waits for its own output")]
    public static partial void HeldBack(this ILogger log, string replica, int kibibytes);
}

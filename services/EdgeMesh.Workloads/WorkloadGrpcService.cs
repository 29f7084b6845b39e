using EdgeMesh.Relay;
using EdgeMesh.V1;
using Grpc.Core;

namespace EdgeMesh.Workloads;

/// <summary>Serves <c>edgemesh.v1.WorkloadService</c>: map it where a node is administered.</summary>
/// <remarks>Thread-safe; who may call is for the listener to say.</remarks>
public sealed class WorkloadGrpcService(WorkloadTable table) : WorkloadService.WorkloadServiceBase
{
    private const int MaxLines = 10_000;
    private const int DefaultLines = 100;

    /// <inheritdoc/>
    public override Task<ListWorkloadsResponse> ListWorkloads(ListWorkloadsRequest request, ServerCallContext context)
    {
        var workloads = request.Name.Length == 0 ? table.All : [Find(request.Name)];
        return Task.FromResult(new ListWorkloadsResponse { Workloads = { workloads.Select(WorkloadMessages.Write) } });
    }

    /// <inheritdoc/>
    public override Task<ReadWorkloadLogResponse> ReadWorkloadLog(ReadWorkloadLogRequest request, ServerCallContext context)
    {
        if (request.Limit > MaxLines)
        {
            throw Fault(StatusCode.InvalidArgument, $"limit must be up to {MaxLines}, got {request.Limit}");
        }

        var workload = Find(request.Name);
        var lines = workload.ReadLog(request.Replica.Length == 0 ? null : request.Replica, request.After, request.Limit == 0 ? DefaultLines : (int)request.Limit)
            ?? throw Fault(StatusCode.NotFound, $"workload {workload.Options.Name} has no replica {NodeNames.Quote(request.Replica)}");
        return Task.FromResult(new ReadWorkloadLogResponse { Lines = { lines.Select(WorkloadMessages.Write) } });
    }

    /// <inheritdoc/>
    public override async Task<RunWorkloadResponse> RunWorkload(RunWorkloadRequest request, ServerCallContext context) =>
        new() { Workload = await ChangeAsync(request.Name, workload => workload.StartAsync(context.CancellationToken)).ConfigureAwait(false) };

    /// <inheritdoc/>
    public override async Task<ScaleWorkloadResponse> ScaleWorkload(ScaleWorkloadRequest request, ServerCallContext context)
    {
        if (request.Replicas > WorkloadOptions.MaxReplicas)
        {
            throw Fault(StatusCode.InvalidArgument, $"replicas must be 0 to {WorkloadOptions.MaxReplicas}, got {request.Replicas}");
        }

        return new() { Workload = await ChangeAsync(request.Name, workload => workload.ScaleAsync((int)request.Replicas, CancellationToken.None)).ConfigureAwait(false) };
    }

    /// <inheritdoc/>
    public override async Task<ReplaceWorkloadResponse> ReplaceWorkload(ReplaceWorkloadRequest request, ServerCallContext context) =>
        new() { Workload = await ChangeAsync(request.Name, workload => workload.ReplaceAsync(context.CancellationToken)).ConfigureAwait(false) };

    /// <inheritdoc/>
    public override async Task<DrainWorkloadResponse> DrainWorkload(DrainWorkloadRequest request, ServerCallContext context) =>
        new() { Workload = await ChangeAsync(request.Name, workload => workload.DrainAsync(context.CancellationToken)).ConfigureAwait(false) };

    /// <inheritdoc/>
    public override async Task<StopWorkloadResponse> StopWorkload(StopWorkloadRequest request, ServerCallContext context) =>
        new() { Workload = await ChangeAsync(request.Name, workload => workload.StopAsync(CancellationToken.None)).ConfigureAwait(false) };

    private static RpcException Fault(StatusCode code, string message) => new(new Status(code, message));

    private async Task<V1.Workload> ChangeAsync(string name, Func<Workload, Task> change)
    {
        var workload = Find(name);
        try
        {
            await change(workload).ConfigureAwait(false);
        }
        catch (InvalidOperationException fault)
        {
            throw Fault(StatusCode.FailedPrecondition, fault.Message);
        }
        catch (ReplicaStartException fault)
        {
            throw Fault(StatusCode.Aborted, $"workload {name}: {fault.Message}");
        }

        return WorkloadMessages.Write(workload);
    }

    private Workload Find(string name) => table.FindByName(name)
        ?? throw Fault(StatusCode.NotFound, $"no workload is named {NodeNames.Quote(name)}; there {(table.All.Count == 0 ? "are none: the node's configuration has no workloads" : $"is {string.Join(", ", table.All.Take(10).Select(workload => workload.Options.Name))}")}");
}

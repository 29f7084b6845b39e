using EdgeMesh.Probing.Messages;
using EdgeMesh.V1;
using Grpc.Core;
using Microsoft.Extensions.Hosting;

namespace EdgeMesh.Region.Measurements;

/// <summary>Serves what a Region alone answers of <c>edgemesh.v1.LatencyService</c>; probes are answered before it, as on every node.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class LatencyGrpcService(MatrixState matrix, ClientsState clients, Objectives objectives, TimeProvider time, IHostApplicationLifetime lifetime) : LatencyService.LatencyServiceBase
{
    private static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxInterval = TimeSpan.FromSeconds(300);
    private static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public override Task<GetMatrixResponse> GetMatrix(GetMatrixRequest request, ServerCallContext context) =>
        Task.FromResult(new GetMatrixResponse { Matrix = Write(matrix.GetSnapshot(), request.Nodes) });

    /// <inheritdoc/>
    public override async Task WatchMatrix(WatchMatrixRequest request, IServerStreamWriter<WatchMatrixResponse> responseStream, ServerCallContext context)
    {
        var interval = request.Interval is null ? DefaultInterval
            : DurationMessages.Read(request.Interval) is { } asked && asked >= MinInterval && asked <= MaxInterval ? asked
            : throw Invalid($"interval: must be {MinInterval.TotalSeconds} to {MaxInterval.TotalSeconds} seconds; is {request.Interval.Seconds} seconds and {request.Interval.Nanos} nanoseconds");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        MatrixSnapshot? told = null;
        try
        {
            while (true)
            {
                var snapshot = matrix.GetSnapshot();
                if (told?.Version != snapshot.Version)
                {
                    await responseStream.WriteAsync(new WatchMatrixResponse { Matrix = Write(snapshot, request.Nodes) }, stop.Token);
                    told = snapshot;
                }

                await Task.Delay(interval, time, stop.Token);
            }
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The Region is stopping."));
        }
    }

    /// <inheritdoc/>
    public override Task<RankResponse> Rank(RankRequest request, ServerCallContext context) =>
        Task.FromResult(RankAnswers.Answer(request, matrix.GetSnapshot(), clients.FindPlace));

    /// <inheritdoc/>
    public override Task<ListLatencyObjectivesResponse> ListLatencyObjectives(ListLatencyObjectivesRequest request, ServerCallContext context)
    {
        var response = new ListLatencyObjectivesResponse();
        response.Objectives.AddRange(objectives.Judge(matrix.GetSnapshot().Nodes));
        return Task.FromResult(response);
    }

    private static LatencyMatrix Write(MatrixSnapshot snapshot, IReadOnlyCollection<string> names) =>
        MatrixMessages.Write(snapshot, names)
        ?? throw new RpcException(new Status(StatusCode.FailedPrecondition, $"nodes: must name at most {MatrixMessages.MaxNodes} of the {snapshot.Nodes.Count} nodes that the mesh has"));

    private static RpcException Invalid(string detail) => new(new Status(StatusCode.InvalidArgument, detail));
}

using EdgeMesh.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace EdgeMesh.Probing.Mesh;

/// <summary>Serves <c>edgemesh.v1.MeshService</c> on every node.</summary>
/// <remarks>
/// Open to all, so watches are bounded by number (<see cref="MeshWatchSlots"/>), by rate, and by how long one may leave an answer unread. Before the relay, as
/// probes are: an edge answers itself, also while its Region is away, and a watch is no user's call. Thread-safe.
/// </remarks>
public sealed class MeshGrpcService(MeshState mesh, MeshWatchSlots slots, TimeProvider time, IHostApplicationLifetime lifetime) : MeshService.MeshServiceBase
{
    /// <summary>Between two answers to one watch: changes in quick succession come as one.</summary>
    public static readonly TimeSpan LeastInterval = TimeSpan.FromSeconds(1);

    /// <summary>An answer that is not read for so long ends the watch: up to 4 MiB wait in memory for it.</summary>
    public static readonly TimeSpan WriteLimit = TimeSpan.FromSeconds(30);

    private const string Path = "/edgemesh.v1.MeshService/WatchMesh";

    /// <summary>Registers what <see cref="Use"/> needs. The node calls <c>AddGrpc</c> itself, registers its clock, and keeps <see cref="MeshState"/> up to date.</summary>
    public static void Add(IServiceCollection services) => services.AddSingleton<MeshState>().AddSingleton<MeshWatchSlots>();

    /// <summary>Answers watches from here on; everything else goes by.</summary>
    public static void Use(WebApplication app) => app.MapWhen(
        context => context.Request.Path.Value == Path,
        branch =>
        {
            branch.UseRouting();
            branch.UseEndpoints(endpoints => endpoints.MapGrpcService<MeshGrpcService>());
        });

    /// <inheritdoc/>
    /// <remarks>Ends when the caller does, does not read, or when the node stops.</remarks>
    public override async Task WatchMesh(WatchMeshRequest request, IServerStreamWriter<WatchMeshResponse> responseStream, ServerCallContext context)
    {
        using var slot = slots.TryTake(context.GetHttpContext().Connection.RemoteIpAddress) ?? throw Exhausted(
            $"too many watches of the mesh are open: at most {MeshWatchSlots.Most}, and {MeshWatchSlots.MostFromOneAddress} from one address");
        using var slow = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(slow.Token, context.CancellationToken, lifetime.ApplicationStopping);
        try
        {
            while (true)
            {
                // Taken before it is told: a change that comes meanwhile is told next.
                var snapshot = mesh.Current;
                var message = snapshot.Message ?? throw Unavailable("the node has not joined a Region yet");
                var rest = Task.Delay(LeastInterval, time, end.Token);
                slow.CancelAfter(WriteLimit);
                await responseStream.WriteAsync(message, end.Token).ConfigureAwait(false);
                slow.CancelAfter(Timeout.InfiniteTimeSpan);
                await rest.ConfigureAwait(false);
                await snapshot.Changed.WaitAsync(end.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw Unavailable("the node is stopping");
        }
        catch (OperationCanceledException) when (slow.IsCancellationRequested)
        {
            throw Exhausted($"no answer was read for {WriteLimit.TotalSeconds} seconds");
        }
    }

    private static RpcException Unavailable(string detail) => new(new Status(StatusCode.Unavailable, detail));

    private static RpcException Exhausted(string detail) => new(new Status(StatusCode.ResourceExhausted, detail));
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace EdgeMesh.Workloads;

/// <summary>Adds workloads to a node.</summary>
public static class WorkloadExtensions
{
    /// <summary>Registers the table, and has it start and stop with the host: replicas are drained and stopped when the server takes no calls any more.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="table">The node's, who goes on owning it.</param>
    public static IServiceCollection AddWorkloads(this IServiceCollection services, WorkloadTable table) =>
        services.AddSingleton(table).AddHostedService<WorkloadUpkeep>();

    private sealed class WorkloadUpkeep(WorkloadTable table) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => table.StartAsync(cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => table.StopAsync(cancellationToken);
    }
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace EdgeMesh.Probing.Peers;

/// <summary>Adds the prober to a node.</summary>
public static class ProberExtensions
{
    /// <summary>Registers <see cref="Prober"/> and has the host run it. The node registers its clock itself, and tells the prober who is in the mesh.</summary>
    /// <param name="services">The node's.</param>
    /// <param name="options">How it probes.</param>
    public static IServiceCollection AddProber(this IServiceCollection services, ProbingOptions options) => services
        .AddSingleton(provider => new Prober(options, new Random(), provider.GetRequiredService<TimeProvider>()))
        .AddSingleton<IHostedService>(provider => provider.GetRequiredService<Prober>());
}

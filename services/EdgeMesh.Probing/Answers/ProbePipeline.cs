using EdgeMesh.Relay;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeMesh.Probing.Answers;

/// <summary>Puts the answering of probes before a node's relay.</summary>
/// <remarks>Before it, and not behind: a probe is no user's call, so it is neither counted, logged nor timed as one, and does not wait with them.</remarks>
public static class ProbePipeline
{
    private const string ProbePath = "/edgemesh.v1.LatencyService/Probe";
    private const string ProbeStreamPath = ProbePath + "Stream";

    /// <summary>Registers what <see cref="UseProbes"/> needs. The node calls <c>AddGrpc</c> itself and registers its clock.</summary>
    /// <param name="services">The node's.</param>
    /// <param name="counters">What its relay counts.</param>
    /// <param name="facts">What it knows of itself.</param>
    public static IServiceCollection AddProbes(this IServiceCollection services, RelayCounters counters, Func<IServiceProvider, ReflectorFacts> facts) => services
        .AddSingleton<ProbeStreamSlots>()
        .AddSingleton(provider => new ProbeReflector(facts(provider), counters, provider.GetRequiredService<TimeProvider>()));

    /// <summary>Answers probes from here on; everything else goes by.</summary>
    public static void UseProbes(this WebApplication app) => app.MapWhen(
        context => context.Request.Path.Value is ProbePath or ProbeStreamPath,
        probes =>
        {
            probes.UseRouting();
            probes.UseEndpoints(endpoints => endpoints.MapGrpcService<ProbeGrpcService>());
        });
}

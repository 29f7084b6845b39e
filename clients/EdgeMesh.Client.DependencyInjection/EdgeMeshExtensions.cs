using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeMesh.Client.DependencyInjection;

/// <summary>Brings the routing client into a container, and under the clients that <c>IHttpClientFactory</c> makes, gRPC's included.</summary>
/// <remarks>
/// <code>
/// services.AddEdgeMesh(new EdgeMeshClientOptions { Bootstrap = [new("http://127.0.0.1:6401")] });
/// services.AddGrpcClient&lt;Catalog.CatalogClient&gt;(client => client.Address = new("http://mesh")).AddEdgeMesh();
/// </code>
/// One <see cref="EdgeMeshHandler"/> for each mesh, made when it is first asked for, and disposed of with the container. The factory makes and drops handlers as it likes: what it gets passes calls on to that one.
/// </remarks>
public static class EdgeMeshExtensions
{
    /// <summary>Adds a mesh: its <see cref="EdgeMeshHandler"/> as a singleton.</summary>
    /// <param name="services">The container's.</param>
    /// <param name="options">How its clients find it. Without a meter factory, they take the container's.</param>
    /// <param name="mesh">Its name, the key of the singleton, in a program that calls several meshes; null: the only one, which has none.</param>
    public static IServiceCollection AddEdgeMesh(this IServiceCollection services, EdgeMeshClientOptions options, string? mesh = null) => services.AddEdgeMesh(_ => options, mesh);

    /// <summary>Adds a mesh whose options depend on other services, such as the configuration.</summary>
    /// <inheritdoc cref="AddEdgeMesh(IServiceCollection, EdgeMeshClientOptions, string?)"/>
    public static IServiceCollection AddEdgeMesh(this IServiceCollection services, Func<IServiceProvider, EdgeMeshClientOptions> options, string? mesh = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        return mesh is null ? services.AddSingleton(Create) : services.AddKeyedSingleton(mesh, (provider, _) => Create(provider));

        EdgeMeshHandler Create(IServiceProvider provider)
        {
            var given = options(provider);
            return new EdgeMeshHandler(given with { MeterFactory = given.MeterFactory ?? provider.GetService<IMeterFactory>() });
        }
    }

    /// <summary>Has a client of the factory call a mesh that was added: at its nearest well node.</summary>
    /// <param name="builder">The client's.</param>
    /// <param name="mesh">As in <see cref="AddEdgeMesh(IServiceCollection, EdgeMeshClientOptions, string?)"/>.</param>
    public static IHttpClientBuilder AddEdgeMesh(this IHttpClientBuilder builder, string? mesh = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.ConfigurePrimaryHttpMessageHandler(provider =>
            new SharedHandler(mesh is null ? provider.GetRequiredService<EdgeMeshHandler>() : provider.GetRequiredKeyedService<EdgeMeshHandler>(mesh)));
    }
}

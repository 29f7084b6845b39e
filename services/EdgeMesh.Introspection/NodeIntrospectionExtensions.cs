using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace EdgeMesh.Introspection;

/// <summary>Adds health and reflection to a node, next to its own services.</summary>
public static class NodeIntrospectionExtensions
{
    /// <summary>Registers <see cref="NodeHealth"/>, <see cref="MethodShapes"/>, the services behind them and their upkeep. The node calls <c>AddGrpc</c> itself.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="configure">Sets the options once, when the node starts, from its other services.</param>
    /// <exception cref="DescriptorException">On start: an origin's descriptor set cannot be used.</exception>
    public static IServiceCollection AddNodeIntrospection(this IServiceCollection services, Action<IServiceProvider, NodeIntrospectionOptions> configure)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider =>
        {
            var options = new NodeIntrospectionOptions();
            configure(provider, options);
            return options;
        });
        services.AddSingleton(provider =>
        {
            var health = new NodeHealth();
            foreach (var service in provider.GetRequiredService<NodeIntrospectionOptions>().Services)
            {
                health.Set(service.FullName, Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus.Serving);
            }

            return health;
        });
        services.AddSingleton(provider => provider.GetRequiredService<NodeIntrospectionOptions>().UpstreamHealth);
        services.AddSingleton<DescriptorSources>();
        services.AddSingleton(CreateIndex);
        services.AddSingleton(provider => new MethodShapes(provider.GetRequiredService<ReflectionIndex>()));
        services.AddSingleton(provider => new DescribedMethods(provider.GetRequiredService<ReflectionIndex>()));
        services.AddHostedService<IntrospectionUpkeep>();
        return services;
    }

    /// <summary>Takes the descriptors of other origins from now on. Not to be called twice at once.</summary>
    /// <param name="services">The running node's.</param>
    /// <param name="origins">All of them, those that stay included.</param>
    /// <exception cref="DescriptorException">A descriptor set cannot be used; nothing was replaced.</exception>
    public static void ReplaceOrigins(this IServiceProvider services, IEnumerable<OriginDescriptors> origins)
    {
        services.GetRequiredService<ReflectionIndex>().Replace(services.GetRequiredService<DescriptorSources>().Of(origins));
        services.GetRequiredService<MethodShapes>().Update();
        services.GetRequiredService<DescribedMethods>().Update();
    }

    /// <summary>Registers what <see cref="MapNodeIntrospection"/> maps, for a second listener of a node: it shares the node's <see cref="NodeHealth"/>, which the caller registers, and describes services of its own.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="described">The listener's own services. Health and reflection are added to them.</param>
    public static IServiceCollection AddReflection(this IServiceCollection services, IEnumerable<Google.Protobuf.Reflection.ServiceDescriptor> described)
    {
        services.AddSingleton(UpstreamHealth.None);
        services.AddSingleton(new ReflectionIndex(DescribeOwn(described), []));
        return services;
    }

    /// <summary>Maps health v1, reflection v1 and reflection v1alpha.</summary>
    /// <returns>What conventions, such as the listeners' host names, are added to.</returns>
    public static IEndpointConventionBuilder MapNodeIntrospection(this IEndpointRouteBuilder endpoints)
    {
        var group = endpoints.MapGroup("");
        group.MapGrpcService<HealthGrpcService>();
        group.MapGrpcService<ReflectionGrpcService>();
        group.MapGrpcService<ReflectionAlphaGrpcService>();
        return group;
    }

    private static ReflectionIndex CreateIndex(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<NodeIntrospectionOptions>();
        return new ReflectionIndex(DescribeOwn(options.Services), provider.GetRequiredService<DescriptorSources>().Of(options.Origins));
    }

    private static FixedDescriptors DescribeOwn(IEnumerable<Google.Protobuf.Reflection.ServiceDescriptor> services)
    {
        var own = services
            .Append(Grpc.Health.V1.Health.Descriptor)
            .Append(Grpc.Reflection.V1.ServerReflection.Descriptor)
            .Append(Grpc.Reflection.V1Alpha.ServerReflection.Descriptor)
            .ToList();
        var names = own.Select(service => service.FullName).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        return new FixedDescriptors("this node", servicePrefix: null, DescriptorModel.Of(DescriptorPool.Of(own.Select(service => service.File)), names));
    }
}

using System.Diagnostics.CodeAnalysis;
using EdgeMesh.GrpcStack.Server;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps gRPC services to endpoints.</summary>
public static class GrpcEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps every method of a service. gRPC calls to its other methods, and to services that are not mapped, are answered UNIMPLEMENTED,
    /// unless <see cref="GrpcServiceOptions.IgnoreUnknownServices"/>.
    /// </summary>
    /// <typeparam name="TService">The service, derived from a generated base class.</typeparam>
    /// <exception cref="InvalidOperationException">AddGrpc was not called, or the class is not a gRPC service.</exception>
    public static GrpcServiceEndpointConventionBuilder MapGrpcService<[DynamicallyAccessedMembers(ServiceMethodBinder.Members)] TService>(this IEndpointRouteBuilder builder)
        where TService : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.ServiceProvider;
        var unimplemented = services.GetService<UnimplementedEndpoints>()
            ?? throw new InvalidOperationException("Unable to find the required services. Please add all the required services by calling 'IServiceCollection.AddGrpc' in the application startup code.");

        var options = ReadOptions<TService>(services);
        var model = new ServiceModel(options, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<TService>>());
        var binder = new ServiceMethodBinder<TService>(builder, model);
        binder.MapAll();

        var endpoints = new List<IEndpointConventionBuilder>(binder.Endpoints);
        if (options.IgnoreUnknownServices is not true)
        {
            foreach (var name in binder.ServiceNames)
            {
                if (unimplemented.MapMethods(builder, name) is { } methods)
                {
                    endpoints.Add(methods);
                }
            }

            unimplemented.MapServices(builder);
        }

        return new GrpcServiceEndpointConventionBuilder(endpoints);
    }

    /// <summary>What all services share, changed by what is configured for this one.</summary>
    private static GrpcServiceOptions<TService> ReadOptions<TService>(IServiceProvider services)
        where TService : class
    {
        var options = new GrpcServiceOptions<TService>(services.GetRequiredService<IOptions<GrpcServiceOptions>>().Value);
        foreach (var configure in services.GetServices<IConfigureOptions<GrpcServiceOptions<TService>>>())
        {
            configure.Configure(options);
        }

        return options;
    }
}

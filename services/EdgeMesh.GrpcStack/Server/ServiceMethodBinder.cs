using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace EdgeMesh.GrpcStack.Server;

/// <summary>Maps each method that a service's generated <c>BindService</c> names to an endpoint.</summary>
/// <remarks>
/// <c>BindService</c> is called without an instance, so it gives methods but no handlers: these are found on the class by name and
/// parameters, and called on the instance of each call.
/// </remarks>
internal sealed class ServiceMethodBinder<[DynamicallyAccessedMembers(ServiceMethodBinder.Members)] TService>(
    IEndpointRouteBuilder routes, ServiceModel service) : ServiceBinderBase
    where TService : class
{
    private readonly List<IEndpointConventionBuilder> _endpoints = [];
    private readonly HashSet<string> _serviceNames = new(StringComparer.Ordinal);

    /// <summary>The endpoints mapped.</summary>
    public IReadOnlyList<IEndpointConventionBuilder> Endpoints => _endpoints;

    /// <summary>The full names of the services whose methods were mapped: usually one.</summary>
    public IReadOnlyCollection<string> ServiceNames => _serviceNames;

    /// <summary>Maps all methods.</summary>
    /// <exception cref="InvalidOperationException">The class does not derive from a generated base class, or a handler is missing.</exception>
    public void MapAll()
    {
        for (var type = typeof(TService); type is not null; type = type.BaseType)
        {
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is { } bind)
            {
                var method = bind.BindType.GetMethod(bind.BindMethodName, BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static, [typeof(ServiceBinderBase), type])
                    ?? throw new InvalidOperationException($"{bind.BindType} has no method {bind.BindMethodName}({nameof(ServiceBinderBase)}, {type.Name}).");
                method.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [this, null], null);
                return;
            }
        }

        throw new InvalidOperationException($"Error finding gRPC methods of {typeof(TService)}: no base class has {nameof(BindServiceMethodAttribute)}. Derive from the base class generated for the service.");
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) =>
        Map(method, typeof(TRequest), typeof(ServerCallContext), (Func<TService, TRequest, ServerCallContext, Task<TResponse>> call) =>
            new UnaryCallHandler<TService, TRequest, TResponse>(service, method, call).HandleAsync);

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler) =>
        Map(method, typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext), (Func<TService, IAsyncStreamReader<TRequest>, ServerCallContext, Task<TResponse>> call) =>
            new ClientStreamingCallHandler<TService, TRequest, TResponse>(service, method, call).HandleAsync);

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) =>
        Map(method, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), (Func<TService, TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task> call) =>
            new ServerStreamingCallHandler<TService, TRequest, TResponse>(service, method, call).HandleAsync);

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) =>
        Map(method, typeof(IAsyncStreamReader<TRequest>), typeof(IServerStreamWriter<TResponse>), (Func<TService, IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task> call) =>
            new DuplexStreamingCallHandler<TService, TRequest, TResponse>(service, method, call).HandleAsync);

    private void Map<TDelegate>(IMethod method, Type first, Type second, Func<TDelegate, RequestDelegate> serve)
        where TDelegate : Delegate
    {
        Type[] parameters = second == typeof(ServerCallContext) ? [first, second] : [first, second, typeof(ServerCallContext)];
        var implementation = typeof(TService).GetMethod(method.Name, BindingFlags.Public | BindingFlags.Instance, parameters)
            ?? throw new InvalidOperationException($"{typeof(TService)} has no method {method.Name}({string.Join<Type>(", ", parameters)}).");
        var endpoint = routes.Map(method.FullName, serve(implementation.CreateDelegate<TDelegate>()));
        endpoint.WithMetadata(typeof(TService).GetCustomAttributes(inherit: true));
        endpoint.WithMetadata(implementation.GetCustomAttributes(inherit: true));
        endpoint.WithMetadata(new GrpcMethodMetadata(typeof(TService), method));
        endpoint.WithDisplayName($"gRPC - {method.FullName}");
        _endpoints.Add(endpoint);
        _serviceNames.Add(method.ServiceName);
    }
}

/// <summary>What <see cref="ServiceMethodBinder{TService}"/> needs of a service class when unused code is trimmed.</summary>
internal static class ServiceMethodBinder
{
    public const DynamicallyAccessedMemberTypes Members = DynamicallyAccessedMemberTypes.PublicConstructors | DynamicallyAccessedMemberTypes.PublicMethods | DynamicallyAccessedMemberTypes.NonPublicMethods;
}

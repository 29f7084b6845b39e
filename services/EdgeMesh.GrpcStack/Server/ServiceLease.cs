using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeMesh.GrpcStack.Server;

/// <summary>A call's service instance: the registered one, or one made from the call's services and disposed of with the lease.</summary>
internal readonly struct ServiceLease<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TService> : IAsyncDisposable
    where TService : class
{
    private static readonly Lazy<ObjectFactory<TService>> Factory = new(static () => ActivatorUtilities.CreateFactory<TService>(Type.EmptyTypes));

    private readonly bool _isOwned;

    private ServiceLease(TService service, bool isOwned)
    {
        Service = service;
        _isOwned = isOwned;
    }

    public TService Service { get; }

    public static ServiceLease<TService> Acquire(IServiceProvider services) => services.GetService<TService>() is { } registered
        ? new ServiceLease<TService>(registered, false)
        : new ServiceLease<TService>(Factory.Value(services, []), true);

    public ValueTask DisposeAsync()
    {
        switch (_isOwned ? Service : null)
        {
            case IAsyncDisposable service:
                return service.DisposeAsync();
            case IDisposable service:
                service.Dispose();
                return ValueTask.CompletedTask;
            default:
                return ValueTask.CompletedTask;
        }
    }
}

using Microsoft.AspNetCore.Routing;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps gRPC services to endpoints.</summary>
public static class GrpcEndpointRouteBuilderExtensions
{
    /// <summary>Maps every method of a service; calls to others are answered UNIMPLEMENTED.</summary>
    /// <typeparam name="TService">The service, derived from a generated base class.</typeparam>
    public static GrpcServiceEndpointConventionBuilder MapGrpcService<TService>(this IEndpointRouteBuilder builder)
        where TService : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        throw new NotSupportedException($"{typeof(TService)} cannot be served: this build has the API without the server.");
    }
}

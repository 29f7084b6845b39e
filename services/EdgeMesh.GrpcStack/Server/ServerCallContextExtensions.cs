using EdgeMesh.GrpcStack.Server;
using Microsoft.AspNetCore.Http;

namespace Grpc.Core;

/// <summary>From a call to the HTTP request that carries it.</summary>
public static class ServerCallContextExtensions
{
    /// <summary>Where test doubles of the standard API keep the HttpContext in <see cref="ServerCallContext.UserState"/>.</summary>
    private const string HttpContextKey = "__HttpContext";

    /// <summary>The HTTP request of a call that ASP.NET Core serves.</summary>
    /// <exception cref="InvalidOperationException">The call is not served by ASP.NET Core, as in a unit test.</exception>
    public static HttpContext GetHttpContext(this ServerCallContext serverCallContext)
    {
        ArgumentNullException.ThrowIfNull(serverCallContext);
        if (serverCallContext is HttpServerCallContext call)
        {
            return call.Http;
        }

        return serverCallContext.UserState.TryGetValue(HttpContextKey, out var context) && context is HttpContext http
            ? http
            : throw new InvalidOperationException("The call has no HttpContext: it is not served by ASP.NET Core.");
    }
}

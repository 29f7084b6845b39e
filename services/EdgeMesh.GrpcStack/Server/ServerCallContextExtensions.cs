using Microsoft.AspNetCore.Http;

namespace Grpc.Core;

/// <summary>From a call to the HTTP request that carries it.</summary>
public static class ServerCallContextExtensions
{
    /// <summary>The HTTP request of a call that ASP.NET Core serves.</summary>
    /// <exception cref="InvalidOperationException">The call is not served by ASP.NET Core, as in a unit test.</exception>
    public static HttpContext GetHttpContext(this ServerCallContext serverCallContext)
    {
        ArgumentNullException.ThrowIfNull(serverCallContext);
        return serverCallContext.UserState.TryGetValue(HttpContextKey, out var context) && context is HttpContext httpContext
            ? httpContext
            : throw new InvalidOperationException("The call has no HttpContext: it is not served by ASP.NET Core.");
    }

    /// <summary>Where tests and servers of the standard API keep the HttpContext in <see cref="ServerCallContext.UserState"/>.</summary>
    internal const string HttpContextKey = "__HttpContext";
}

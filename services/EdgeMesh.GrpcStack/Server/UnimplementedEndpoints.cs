using EdgeMesh.Wire;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.GrpcStack.Server;

/// <summary>Answers gRPC calls to methods and services that are not mapped: UNIMPLEMENTED. Other requests pass by.</summary>
internal sealed class UnimplementedEndpoints(ILoggerFactory loggers)
{
    private readonly ILogger _logger = loggers.CreateLogger<UnimplementedEndpoints>();
    private readonly HashSet<string> _services = new(StringComparer.Ordinal);
    private bool _isServiceMapped;

    /// <summary>Answers for the other methods of a mapped service. Once per service.</summary>
    public IEndpointConventionBuilder? MapMethods(IEndpointRouteBuilder routes, string serviceName) => _services.Add(serviceName)
        ? Map(routes, $"/{serviceName}/{{unimplementedMethod}}", "unimplementedMethod", "Method is unimplemented.")
        : null;

    /// <summary>Answers for other services. Once.</summary>
    public IEndpointConventionBuilder? MapServices(IEndpointRouteBuilder routes)
    {
        if (_isServiceMapped)
        {
            return null;
        }

        _isServiceMapped = true;
        return Map(routes, "/{unimplementedService}/{unimplementedMethod}", "unimplementedMethod", "Service is unimplemented.");
    }

    private IEndpointConventionBuilder Map(IEndpointRouteBuilder routes, string pattern, string constrained, string detail)
    {
        var parsed = RoutePatternFactory.Parse(pattern, null, new RouteValueDictionary { [constrained] = new GrpcRequestConstraint() });
        return routes.Map(parsed, http => RefuseAsync(http, detail)).WithDisplayName($"gRPC - {detail}");
    }

    private Task RefuseAsync(HttpContext http, string detail)
    {
        if (RequestGate.TryEnter(http, _logger))
        {
            ServerLog.Unimplemented(_logger, http.Request.Path);
            http.Response.ContentType = HeaderNames.GrpcContentType;
            http.Response.Headers.GrpcStatus = ((int)StatusCode.Unimplemented).ToString(System.Globalization.CultureInfo.InvariantCulture);
            http.Response.Headers.GrpcMessage = detail;
        }

        return Task.CompletedTask;
    }

    /// <summary>Lets only gRPC calls match, so that a website or a relay may have the other paths.</summary>
    private sealed class GrpcRequestConstraint : IRouteConstraint
    {
        public bool Match(HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection) =>
            httpContext is not null && HttpMethods.IsPost(httpContext.Request.Method) && RequestGate.IsGrpc(httpContext.Request.ContentType);
    }
}

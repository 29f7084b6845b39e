using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;

namespace EdgeMesh.Admin.Metrics;

/// <summary>Adds the endpoints of metrics to an admin server.</summary>
public static class MetricsEndpointsExtensions
{
    /// <summary>Adds <c>GET /metrics</c>, and begins to listen.</summary>
    /// <param name="services">The admin server's.</param>
    /// <param name="factory">The data server's: makes the node's meters.</param>
    /// <param name="node">The node's name.</param>
    /// <param name="version">Version of its program.</param>
    public static IServiceCollection AddMetricsEndpoints(this IServiceCollection services, IMeterFactory factory, string node, string version) =>
        services.AddSingleton<IAdminEndpoints>(_ => new MetricsEndpoints(new MetricsListener(factory), node, version));
}

/// <summary><c>GET /metrics</c>: OpenMetrics where the caller takes it, else the Prometheus text format 0.0.4.</summary>
/// <param name="listener">Has measured; this owns it.</param>
/// <param name="node">The node's name.</param>
/// <param name="version">Version of its program.</param>
internal sealed class MetricsEndpoints(MetricsListener listener, string node, string version) : IAdminEndpoints, IDisposable
{
    private const string OpenMetricsType = "application/openmetrics-text";

    /// <inheritdoc/>
    public void Map(IEndpointRouteBuilder endpoints) => endpoints.MapGet("/metrics", context =>
    {
        var format = Choose(context.Request.Headers.Accept);
        context.Response.ContentType = format == MetricsFormat.OpenMetrics ? $"{OpenMetricsType}; version=1.0.0; charset=utf-8" : "text/plain; version=0.0.4; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.Vary = "Accept";
        return context.Response.WriteAsync(MetricsText.Write(listener, node, version, format));
    });

    /// <inheritdoc/>
    public void Dispose() => listener.Dispose();

    /// <summary>OpenMetrics 1.0.0 when it is named with a weight no less than that of text/plain or anything (RFC 9110 section 12.5.1).</summary>
    internal static MetricsFormat Choose(IList<string?> accept)
    {
        if (!MediaTypeHeaderValue.TryParseList([.. accept.OfType<string>()], out var types))
        {
            return MetricsFormat.Prometheus;
        }

        double? open = null;
        var other = 0.0;
        foreach (var type in types)
        {
            var weight = type.Quality ?? 1;
            if (type.MediaType.Equals(OpenMetricsType, StringComparison.OrdinalIgnoreCase))
            {
                var version = type.Parameters.FirstOrDefault(parameter => parameter.Name.Equals("version", StringComparison.OrdinalIgnoreCase))?.Value;
                if (version is null || version.Value.Value is null or "1.0.0" or "\"1.0.0\"")
                {
                    open = Math.Max(open ?? 0, weight);
                }
            }
            else if (type.MediaType.Equals("text/plain", StringComparison.OrdinalIgnoreCase) || type.MediaType == "*/*" || type.MediaType.Equals("text/*", StringComparison.OrdinalIgnoreCase))
            {
                other = Math.Max(other, weight);
            }
        }

        return open > 0 && open >= other ? MetricsFormat.OpenMetrics : MetricsFormat.Prometheus;
    }
}

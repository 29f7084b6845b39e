using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace EdgeMesh.Admin.Configuration;

/// <summary><c>GET /config</c>: the options in force and where each came from, secrets hidden. <c>POST /reload</c>: reads them again and follows what can be followed.</summary>
/// <remarks>Thread-safe as far as its delegates are. What they answer is JSON; who runs the process owns its shape.</remarks>
/// <param name="read">The options in force.</param>
/// <param name="reload">Reloads; false: the new configuration has faults (answered with 422).</param>
public sealed class ConfigurationEndpoints(Func<string> read, Func<CancellationToken, Task<(bool IsRight, string Json)>> reload) : IAdminEndpoints
{
    /// <inheritdoc/>
    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/config", context => AnswerAsync(context, StatusCodes.Status200OK, read()));
        endpoints.MapPost("/reload", async context =>
        {
            var (isRight, json) = await reload(context.RequestAborted).ConfigureAwait(false);
            await AnswerAsync(context, isRight ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity, json).ConfigureAwait(false);
        });
    }

    private static Task AnswerAsync(HttpContext context, int status, string json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(json + "\n");
    }
}

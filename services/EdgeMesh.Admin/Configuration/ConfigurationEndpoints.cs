using EdgeMesh.V1;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace EdgeMesh.Admin.Configuration;

/// <summary><c>GET /config</c> and <c>POST /reload</c>: <see cref="AdminService"/>'s GetConfig and Reload for those who have an HTTP client only. They answer the messages as JSON; faults of a new configuration with 422.</summary>
internal sealed class ConfigurationEndpoints(NodeConfiguration configuration) : IAdminEndpoints
{
    private static readonly JsonFormatter Json = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true).WithIndentation());

    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/config", context => AnswerAsync(context, StatusCodes.Status200OK, configuration.Read()));
        endpoints.MapPost("/reload", async context =>
        {
            var result = await configuration.ReloadAsync(context.RequestAborted).ConfigureAwait(false);
            await AnswerAsync(context, result.Faults.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity, result).ConfigureAwait(false);
        });
    }

    private static Task AnswerAsync(HttpContext context, int status, IMessage message)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(Json.Format(message) + "\n");
    }
}

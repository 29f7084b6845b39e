using EdgeMesh.Introspection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace EdgeMesh.Admin.Health;

/// <summary><c>GET /healthz</c>: the process answers. <c>GET /readyz</c>: whether it takes calls, and what there is to say of that, one line each.</summary>
internal sealed class HealthEndpoints(NodeHealth health, IEnumerable<ReadinessNotes> notes) : IAdminEndpoints
{
    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/healthz", static context => AnswerAsync(context, StatusCodes.Status200OK, ["ok"]));
        endpoints.MapGet("/readyz", context =>
        {
            var isReady = health.Get("") == ServingStatus.Serving;
            string[] lines = [isReady ? "serving" : health.IsDraining ? "draining" : "not serving", .. notes.SelectMany(note => note.Read())];
            return AnswerAsync(context, isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, lines);
        });
    }

    private static Task AnswerAsync(HttpContext context, int status, IEnumerable<string> lines)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(string.Join('\n', lines) + "\n");
    }
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace EdgeMesh.Admin.Drain;

/// <summary><c>POST /drain</c>: begins to drain the node and answers at once, <c>202 draining</c>, or <c>200 drained</c> when that is done. Asking again changes nothing.</summary>
internal sealed class DrainEndpoints(NodeDrain drain) : IAdminEndpoints
{
    public void Map(IEndpointRouteBuilder endpoints) => endpoints.MapPost("/drain", context =>
    {
        var isDone = drain.Begin().IsCompleted;
        context.Response.StatusCode = isDone ? StatusCodes.Status200OK : StatusCodes.Status202Accepted;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(isDone ? "drained\n" : "draining\n");
    });
}

using System.Globalization;
using EdgeMesh.Relay.Metadata;
using EdgeMesh.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EdgeMesh.Relay.Calls;

/// <summary>Answers a call with a status of this node's own.</summary>
internal static class StatusResponse
{
    /// <summary>Trailers-Only (one HEADERS frame) when nothing was sent yet, else trailers.</summary>
    public static async Task WriteAsync(HttpContext context, RelayFault fault)
    {
        await SendBegunAsync(context).ConfigureAwait(false);
        var response = context.Response;
        IHeaderDictionary fields;
        if (response.HasStarted)
        {
            fields = context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers;
        }
        else
        {
            response.StatusCode = StatusCodes.Status200OK;
            response.ContentType = HeaderNames.GrpcContentType;
            fields = response.Headers;
        }

        fields[HeaderNames.GrpcStatus] = ((int)fault.Code).ToString(CultureInfo.InvariantCulture);
        fields[HeaderNames.GrpcMessage] = PercentEncoding.Encode(fault.Message);
        await response.CompleteAsync().ConfigureAwait(false);
    }

    /// <summary>Sends what was written of an answer, so that its status goes in trailers after it and not in headers before it.</summary>
    public static async ValueTask SendBegunAsync(HttpContext context)
    {
        if (context.Response.BodyWriter.UnflushedBytes > 0)
        {
            await context.Response.BodyWriter.FlushAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Says which node answers, or with null nothing of it; before anything is sent.</summary>
    public static void SetNode(HttpContext context, string? nodeName) => context.Response.Headers[ResponseMetadata.Node] = nodeName;
}

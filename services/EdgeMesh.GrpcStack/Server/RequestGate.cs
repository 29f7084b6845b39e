using EdgeMesh.Wire;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.GrpcStack.Server;

/// <summary>Lets gRPC requests in and answers any other with an HTTP error that also says what is wrong in gRPC's words.</summary>
internal static class RequestGate
{
    /// <summary>Whether a media type is gRPC's, perhaps with a suffix or parameters.</summary>
    public static bool IsGrpc(string? contentType) =>
        contentType is not null
        && contentType.StartsWith(HeaderNames.GrpcContentType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == HeaderNames.GrpcContentType.Length || contentType[HeaderNames.GrpcContentType.Length] is '+' or ';');

    /// <summary>Checks HTTP method, protocol and media type.</summary>
    /// <returns>False when the request has been answered with an error.</returns>
    public static bool TryEnter(HttpContext http, ILogger logger)
    {
        var request = http.Request;
        if (!HttpMethods.IsPost(request.Method))
        {
            http.Response.Headers.Allow = HttpMethods.Post;
            Refuse(http, logger, StatusCodes.Status405MethodNotAllowed, $"Request method '{request.Method}' is not supported.");
            return false;
        }

        if (!HttpProtocol.IsHttp2(request.Protocol) && !HttpProtocol.IsHttp3(request.Protocol))
        {
            http.Response.Headers.Upgrade = "HTTP/2";
            Refuse(http, logger, StatusCodes.Status426UpgradeRequired, $"Request protocol '{request.Protocol}' is not supported.");
            return false;
        }

        if (!IsGrpc(request.ContentType))
        {
            Refuse(http, logger, StatusCodes.Status415UnsupportedMediaType, $"Content-Type '{request.ContentType}' is not supported.");
            return false;
        }

        return true;
    }

    /// <summary>
    /// Lifts the server's limits that are meant for ordinary requests: on the body's size, which the message limit bounds instead, and on
    /// the rate of its arrival, for which the server would end the connection with all its other calls.
    /// </summary>
    public static void LiftLimits(HttpContext http)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        if (http.Features.Get<Microsoft.AspNetCore.Server.Kestrel.Core.Features.IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
    }

    private static void Refuse(HttpContext http, ILogger logger, int httpStatus, string reason)
    {
        ServerLog.RequestRefused(logger, reason);
        http.Response.StatusCode = httpStatus;
        http.Response.Headers.GrpcStatus = ((int)StatusCode.Internal).ToString(System.Globalization.CultureInfo.InvariantCulture);
        http.Response.Headers.GrpcMessage = PercentEncoding.Encode(reason);
    }
}

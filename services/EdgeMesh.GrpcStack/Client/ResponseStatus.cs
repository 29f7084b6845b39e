using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using EdgeMesh.Wire;
using Grpc.Core;

namespace EdgeMesh.GrpcStack.Client;

/// <summary>The status that a response carries, or that stands for one that carries none.</summary>
/// <remarks>gRPC over HTTP2, "Responses"; https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md.</remarks>
internal static class ResponseStatus
{
    private const int HttpOk = 200;

    /// <summary>The status of a response without a body to read: Trailers-Only, or not gRPC.</summary>
    /// <returns>Null when messages, and the status in trailers, are to follow.</returns>
    public static Status? FromHeaders(HttpResponseMessage response)
    {
        if (TryRead(response.Headers, out var status))
        {
            return status;
        }

        if (response.Version < HttpVersion.Version20)
        {
            return new Status(StatusCode.Internal, $"Bad gRPC response. Response protocol downgraded to HTTP/{response.Version.ToString(2)}.");
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            return FromHttp((int)response.StatusCode, $"HTTP status code: {(int)response.StatusCode}");
        }

        if (!response.Content.Headers.NonValidated.TryGetValues(HeaderNames.ContentType, out var contentType))
        {
            return FromHttp(HttpOk, "Response did not have a content-type header.");
        }

        return IsGrpc(contentType.ToString()) ? null : FromHttp(HttpOk, $"Invalid content-type value: {contentType}");
    }

    /// <summary>The status of a response whose body has been read to its end.</summary>
    public static Status FromTrailers(HttpResponseMessage response) =>
        TryRead(response.TrailingHeaders, out var status) ? status : FromHttp(HttpOk, "No grpc-status found on response.");

    private static bool TryRead(HttpHeaders headers, out Status status)
    {
        status = default;
        if (!headers.NonValidated.TryGetValues(HeaderNames.GrpcStatus, out var codes))
        {
            return false;
        }

        var text = headers.NonValidated.TryGetValues(HeaderNames.GrpcMessage, out var messages) ? PercentEncoding.Decode(messages.ToString()) : string.Empty;
        var isKnown = int.TryParse(codes.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var code) && Enum.IsDefined((StatusCode)code);
        status = isKnown
            ? new Status((StatusCode)code, text)
            : new Status(StatusCode.Unknown, $"Unexpected grpc-status value: {codes}. {text}".TrimEnd());
        return true;
    }

    /// <summary>Whether a media type is <c>application/grpc</c>, alone or with a suffix or parameters. Not <c>application/grpc-web</c>.</summary>
    private static bool IsGrpc(string contentType) =>
        contentType.StartsWith(HeaderNames.GrpcContentType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == HeaderNames.GrpcContentType.Length || contentType[HeaderNames.GrpcContentType.Length] is '+' or ';');

    private static Status FromHttp(int httpStatus, string reason) => new((StatusCode)StatusMapping.FromHttpStatus(httpStatus), $"Bad gRPC response. {reason}");
}

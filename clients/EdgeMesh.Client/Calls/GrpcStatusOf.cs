using System.Globalization;
using System.Net.Http.Headers;
using EdgeMesh.Wire;

namespace EdgeMesh.Client.Calls;

/// <summary>Reads <c>grpc-status</c> and <c>grpc-message</c> of an answer's headers or trailers.</summary>
internal static class GrpcStatusOf
{
    /// <summary>The status; null: there is none, or none that gRPC knows.</summary>
    public static GrpcStatusCode? Read(HttpResponseHeaders fields) =>
        fields.NonValidated.TryGetValues(HeaderNames.GrpcStatus, out var values) && values.Count == 1
            && int.TryParse(values.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var code) && code <= (int)GrpcStatusCode.Unauthenticated
            ? (GrpcStatusCode)code
            : null;

    /// <summary>The message, decoded; empty: there is none.</summary>
    public static string ReadMessage(HttpResponseHeaders fields) =>
        fields.NonValidated.TryGetValues(HeaderNames.GrpcMessage, out var values) ? PercentEncoding.Decode(values.ToString()) : "";
}

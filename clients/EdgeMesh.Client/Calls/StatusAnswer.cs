using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using EdgeMesh.Wire;

namespace EdgeMesh.Client.Calls;

/// <summary>Answers of this client's own making: a status without a message, as a server would send it (Trailers-Only).</summary>
internal static class StatusAnswer
{
    // What fits a header block with room to spare.
    private const int MaxMessageChars = 2000;

    /// <summary>Makes one.</summary>
    public static HttpResponseMessage Create(HttpRequestMessage request, GrpcStatusCode code, string message)
    {
        var answer = new HttpResponseMessage(HttpStatusCode.OK) { Version = HttpVersion.Version20, RequestMessage = request, Content = new ByteArrayContent([]) };
        answer.Content.Headers.ContentType = new MediaTypeHeaderValue(HeaderNames.GrpcContentType);
        answer.Headers.TryAddWithoutValidation(HeaderNames.GrpcStatus, ((int)code).ToString(CultureInfo.InvariantCulture));
        answer.Headers.TryAddWithoutValidation(HeaderNames.GrpcMessage, PercentEncoding.Encode(message.Length <= MaxMessageChars ? message : message[..MaxMessageChars]));
        return answer;
    }
}

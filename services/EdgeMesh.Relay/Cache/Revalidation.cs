using System.Net.Http.Headers;
using System.Text;
using EdgeMesh.Caching;
using EdgeMesh.Relay.Metadata;
using EdgeMesh.Wire;

namespace EdgeMesh.Relay.Cache;

/// <summary>Asks upstream by its etag whether a stale answer still holds.</summary>
/// <remarks>
/// RFC 9110 section 13.1.2 and RFC 9111 section 4.3, on gRPC: the question has <c>if-none-match</c>; "not modified" is Trailers-Only ABORTED with
/// <c>edgemesh-not-modified: 1</c>, and means that only in answer to this node's own question. An origin that does not know it sends its answer, as
/// to any other question. Stateless; thread-safe.
/// </remarks>
internal static class Revalidation
{
    private const string IfNoneMatch = "if-none-match";
    private const string NotModified = "edgemesh-not-modified";

    // ABORTED on the wire.
    private const string Aborted = "10";

    // Characters: a digest of any length, and no room for more.
    private const int MaxETagLength = 256;

    /// <summary>The etag of an answer; null: it has none, several, or too long a one.</summary>
    public static string? ReadETag(EntryHead answer)
    {
        string? etag = null;
        var fields = answer.InitialMetadata;
        while (fields.MoveNext())
        {
            if (fields.Name.SequenceEqual("etag"u8))
            {
                if (etag is not null || fields.Value.Length is 0 or > MaxETagLength)
                {
                    return null;
                }

                etag = Encoding.Latin1.GetString(fields.Value);
            }
        }

        return etag;
    }

    /// <summary>Makes a request ask whether the answer of an etag still holds.</summary>
    /// <returns>False when it has a condition of its caller's.</returns>
    public static bool TryAsk(HttpRequestMessage request, string etag) =>
        !request.Headers.NonValidated.Contains(IfNoneMatch) && request.Headers.TryAddWithoutValidation(IfNoneMatch, etag);

    /// <summary>Whether an answer says, to whoever asked by etag, that nothing has changed.</summary>
    public static bool IsNotModified(HttpResponseMessage response) =>
        Text(response.Headers.NonValidated, HeaderNames.GrpcStatus) == Aborted && Text(response.Headers.NonValidated, NotModified) == "1";

    /// <summary>The stale answer with what upstream says of it now (RFC 9111 section 3.2), as if all of it had just come.</summary>
    public static HttpResponseMessage Update(HttpResponseMessage notModified, EntryHead stale)
    {
        var updated = new HttpResponseMessage { Content = new ByteArrayContent([]) };
        var news = notModified.Headers.NonValidated;
        var initial = stale.InitialMetadata;
        while (initial.MoveNext())
        {
            var (name, value) = (Encoding.Latin1.GetString(initial.Name), Encoding.Latin1.GetString(initial.Value));
            if (!(IsUpdated(name) && news.Contains(name)) && !updated.Headers.TryAddWithoutValidation(name, value))
            {
                updated.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        foreach (var (name, values) in news)
        {
            if (IsUpdated(name))
            {
                updated.Headers.TryAddWithoutValidation(name, values);
            }
        }

        var trailers = stale.Trailers;
        while (trailers.MoveNext())
        {
            updated.TrailingHeaders.TryAddWithoutValidation(Encoding.Latin1.GetString(trailers.Name), Encoding.Latin1.GetString(trailers.Value));
        }

        return updated;
    }

    /// <summary>Whether a field of "not modified" is about the answer that it stands for: its status and coding are its own.</summary>
    private static bool IsUpdated(string name) =>
        !name.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase) && !name.Equals(NotModified, StringComparison.OrdinalIgnoreCase) && ResponseMetadata.IsRelayed(name);

    private static string? Text(HttpHeadersNonValidated fields, string name) => fields.TryGetValues(name, out var values) ? values.ToString() : null;
}

using System.Net;
using System.Security.Cryptography.X509Certificates;
using EdgeMesh.Relay.Calls;
using EdgeMesh.Relay.Upstreams;

namespace EdgeMesh.Relay.Tests;

/// <summary>A caller that sees an answer as it is on the wire.</summary>
internal sealed class RawCaller : IDisposable
{
    private readonly Uri _address;
    private readonly HttpMessageInvoker _invoker;

    /// <summary>Makes a caller.</summary>
    /// <param name="address">The node.</param>
    /// <param name="certificate">The caller's own certificate, over TLS.</param>
    public RawCaller(Uri address, X509Certificate2? certificate = null)
    {
        _address = address;
        var handler = UpstreamHandler.Create();
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        if (certificate is not null)
        {
            handler.SslOptions.ClientCertificates = [certificate];
        }

        _invoker = new HttpMessageInvoker(handler);
    }

    /// <summary>Makes a unary call; a header given twice goes out as two fields.</summary>
    public async Task<RawAnswer> CallAsync(string path, byte[] body, CancellationToken cancellationToken = default, params (string Name, string Value)[] headers)
    {
        using var response = await SendAsync(path, new BufferedContent(body), cancellationToken, headers);
        var bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        return new RawAnswer(response, bytes);
    }

    public Task<HttpResponseMessage> SendAsync(string path, HttpContent content, CancellationToken cancellationToken = default, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_address.GetLeftPart(UriPartial.Authority) + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true })) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = content };
        content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        request.Headers.TryAddWithoutValidation("te", "trailers");
        foreach (var group in headers.GroupBy(header => header.Name))
        {
            request.Headers.TryAddWithoutValidation(group.Key, string.Join(RepeatedFieldStream.Separator, group.Select(header => header.Value)));
        }

        return _invoker.SendAsync(request, cancellationToken);
    }

    public void Dispose() => _invoker.Dispose();
}

/// <summary>An answer as it is on the wire.</summary>
internal sealed class RawAnswer(HttpResponseMessage response, byte[] body)
{
    public byte[] Body => body;

    public string Text => Frames.Text(body);

    public string Status => Trailer("grpc-status") ?? Header("grpc-status") ?? "none";

    public string Message => EdgeMesh.Wire.PercentEncoding.Decode(Trailer("grpc-message") ?? Header("grpc-message") ?? string.Empty);

    public string CacheStatus => Header("cache-status") ?? "none";

    public bool IsTrailersOnly => Header("grpc-status") is not null;

    public string? Header(string name) => Find(response.Headers.NonValidated, name) ?? Find(response.Content.Headers.NonValidated, name);

    public string? Trailer(string name) => Find(response.TrailingHeaders.NonValidated, name);

    public string[] Headers(string name) => response.Headers.NonValidated.TryGetValues(name, out var values) ? [.. values] : [];

    public string[] Trailers(string name) => response.TrailingHeaders.NonValidated.TryGetValues(name, out var values) ? [.. values] : [];

    private static string? Find(System.Net.Http.Headers.HttpHeadersNonValidated headers, string name) => headers.TryGetValues(name, out var values) ? values.ToString() : null;
}

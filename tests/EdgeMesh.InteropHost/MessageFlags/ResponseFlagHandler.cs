using System.Net;

namespace EdgeMesh.InteropHost.MessageFlags;

/// <summary>Logs the flags of the messages that come back. The cases run one call at a time: <see cref="Last"/> is that call's.</summary>
internal sealed class ResponseFlagHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    /// <summary>The log of the latest response; null before the first.</summary>
    public MessageFlagLog? Last { get; private set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        Last = new MessageFlagLog();
        response.Content = new LoggedContent(response.Content, Last);
        return response;
    }

    private sealed class LoggedContent : HttpContent
    {
        private readonly HttpContent _inner;
        private readonly MessageFlagLog _log;

        public LoggedContent(HttpContent inner, MessageFlagLog log)
        {
            _inner = inner;
            _log = log;
            foreach (var (name, values) in inner.Headers.NonValidated)
            {
                Headers.TryAddWithoutValidation(name, values);
            }
        }

        protected override async Task<Stream> CreateContentReadStreamAsync() => new MessageFlagStream(await _inner.ReadAsStreamAsync(), _log);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await using var source = await CreateContentReadStreamAsync();
            await source.CopyToAsync(stream);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}

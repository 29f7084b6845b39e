using System.Net;
using System.Net.Http.Headers;
using EdgeMesh.Wire;

namespace EdgeMesh.GrpcStack.Client;

/// <summary>The body of a call with one request: one frame. Can be sent again, as a connection that goes away may ask for.</summary>
internal sealed class RequestMessageContent : HttpContent
{
    private readonly ReadOnlyMemory<byte> _frame;

    public RequestMessageContent(ReadOnlyMemory<byte> frame)
    {
        _frame = frame;
        Headers.ContentType = new MediaTypeHeaderValue(HeaderNames.GrpcContentType);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        stream.WriteAsync(_frame, cancellationToken).AsTask();

    protected override bool TryComputeLength(out long length)
    {
        // Streams of messages have no length, and one message is a stream of one.
        length = 0;
        return false;
    }
}

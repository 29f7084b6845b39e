using System.Net;

namespace EdgeMesh.Client.Calls;

/// <summary>A request's body, held whole, so that it can be sent to more than one node.</summary>
internal sealed class RepeatableContent(ReadOnlyMemory<byte> body) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) => stream.WriteAsync(body, cancellationToken).AsTask();

    // Without a length no content-length is sent, as gRPC clients do.
    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}

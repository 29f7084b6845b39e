using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using EdgeMesh.Wire;

namespace EdgeMesh.Relay.Calls;

/// <summary>Sends one whole message; can be sent again.</summary>
internal sealed class BufferedContent(byte[] frame) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        stream.WriteAsync(frame, cancellationToken).AsTask();

    // Without a length SocketsHttpHandler sends no content-length, which gRPC clients do not send either.
    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}

/// <summary>
/// Sends a caller's request body as it arrives, while the answer may already come back. Ready-made contents cannot: the
/// handler waits for their end before it reads the answer.
/// </summary>
/// <remarks>Sent once: what was read from the caller is gone. Owned by one call.</remarks>
internal sealed class DuplexContent(PipeReader reader) : HttpContent
{
    private MessageCounter _messages;
    private volatile bool _hasEnded;

    /// <summary>Whether the caller's stream has ended after exactly one whole message. Read by the call's own thread.</summary>
    public bool IsUnarySoFar => _hasEnded && _messages is { Complete: 1, IsAtBoundary: true };

    /// <summary>Whether a second message has begun.</summary>
    public bool IsStreaming => _messages.Begun > 1;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (_messages.Begun > 0)
        {
            throw new HttpRequestException("The request body was already sent in part and cannot be sent again.");
        }

        // Headers go out before the first message: a peer may answer before it gets one.
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            var buffer = read.Buffer;
            if (!buffer.IsEmpty)
            {
                _messages.Add(buffer);
                foreach (var segment in buffer)
                {
                    await stream.WriteAsync(segment, cancellationToken).ConfigureAwait(false);
                }

                await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
            }

            reader.AdvanceTo(buffer.End);
            if (read.IsCompleted)
            {
                _hasEnded = true;
                return;
            }
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}

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
/// <remarks>
/// Sent once: what was read from the caller is gone. Owned by one call, which must await <see cref="StopAsync"/> before it
/// ends: the server uses a request's pipe again for the next request of the connection, and a copy that ran on would read
/// another caller's bytes. The handler may begin the copy at any time until then, on a thread of its own; <c>_lock</c>
/// decides whether the copy or the stop came first.
/// </remarks>
internal sealed class DuplexContent(PipeReader reader) : HttpContent
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private MessageCounter _messages;
    private bool _hasBegun;
    private bool _isStopped;
    private volatile bool _hasEnded;

    /// <summary>Whether the caller's stream has ended after exactly one whole message.</summary>
    public bool IsUnarySoFar => _hasEnded && _messages is { Complete: 1, IsAtBoundary: true };

    /// <summary>Whether a second message has begun. Exact after <see cref="StopAsync"/>.</summary>
    public bool IsStreaming => _messages.Begun > 1;

    /// <summary>Ends the copy, if it has not ended, and waits until it touches the pipe no more.</summary>
    public async Task StopAsync()
    {
        lock (_lock)
        {
            _isStopped = true;
            if (!_hasBegun)
            {
                return;
            }
        }

        if (!_ended.Task.IsCompleted)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            await _ended.Task.ConfigureAwait(false);
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_isStopped || _hasBegun)
            {
                throw new HttpRequestException("The request body was already sent in part, or its call has ended.");
            }

            _hasBegun = true;
        }

        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
            await CopyAsync(stream, either.Token).ConfigureAwait(false);
        }
        finally
        {
            _ended.SetResult();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing && _ended.Task.IsCompleted)
        {
            _stop.Dispose();
        }
    }

    private async Task CopyAsync(Stream stream, CancellationToken cancellationToken)
    {
        while (true)
        {
            // What was written, the headers at first, goes out before a real wait: a peer may answer before it gets more.
            var pending = reader.ReadAsync(cancellationToken);
            if (!pending.IsCompleted)
            {
                await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
            }

            var read = await pending.ConfigureAwait(false);
            var buffer = read.Buffer;
            _messages.Add(buffer);
            foreach (var segment in buffer)
            {
                await stream.WriteAsync(segment, cancellationToken).ConfigureAwait(false);
            }

            reader.AdvanceTo(buffer.End);
            if (read.IsCompleted)
            {
                _hasEnded = true;
                return;
            }
        }
    }
}

using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using EdgeMesh.Relay.Telemetry;
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
/// A peer may refuse a call that it has not looked at (REFUSED_STREAM, or a stream beyond GOAWAY's last id, RFC 9113 section
/// 8.7), and the handler then sends it again: until the answer begins, the first 64 KiB are kept for that.
/// Owned by one call, which must await <see cref="StopAsync"/> before it ends: the server uses a request's pipe again for
/// the next request of the connection, and a copy that ran on would read another caller's bytes. The handler may begin a
/// copy at any time until then, on a thread of its own, even while the one before has not noticed its end: <c>_lock</c>
/// decides whether a copy or the stop came first, and each copy stops the one before and waits for it.
/// </remarks>
/// <param name="reader">The caller's request.</param>
/// <param name="call">Notes the bytes; null: nobody does.</param>
internal sealed class DuplexContent(PipeReader reader, CallRecord? call = null) : HttpContent
{
    // Any message that the cache handles, and the first of any stream; little beside a stream's window.
    private const int MaxKeptBytes = 64 * 1024;

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ArrayBufferWriter<byte>? _kept;
    private Attempt? _attempt;
    private MessageCounter _messages;
    private bool _isStopped;
    private bool _isKeptWhole = true;
    private volatile bool _hasAnswer;
    private volatile bool _hasEnded;

    /// <summary>Whether the caller's stream has ended after exactly one whole message.</summary>
    public bool IsUnarySoFar => _hasEnded && _messages is { Complete: 1, IsAtBoundary: true };

    /// <summary>Whether a second message has begun. Exact after <see cref="StopAsync"/>.</summary>
    public bool IsStreaming => _messages.Begun > 1;

    /// <summary>The answer has begun: the call will not be sent again, and nothing more is kept for that.</summary>
    public void ObserveAnswer() => _hasAnswer = true;

    /// <summary>Ends the copy, if it has not ended, and waits until it touches the pipe no more.</summary>
    public async Task StopAsync()
    {
        Attempt? attempt;
        lock (_lock)
        {
            _isStopped = true;
            attempt = _attempt;
        }

        _over.TrySetResult();
        if (attempt is { Ended.IsCompleted: false })
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            await attempt.Ended.ConfigureAwait(false);
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        Attempt attempt;
        Attempt? previous;
        lock (_lock)
        {
            if (_isStopped)
            {
                throw new HttpRequestException("The call has ended.");
            }

            previous = _attempt;
            _attempt = attempt = new Attempt(cancellationToken, _stop.Token);
        }

        try
        {
            if (previous is not null)
            {
                await previous.EndAsync().ConfigureAwait(false);
                await SendKeptAsync(stream, attempt.Token).ConfigureAwait(false);
            }

            await CopyAsync(stream, attempt.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The handler gave this try up and knows why. It takes whatever is thrown first for the cause, and would not send
            // a refused call again if that were this cancellation.
            attempt.SetEnded();
            await _over.Task.ConfigureAwait(false);
            throw;
        }
        finally
        {
            attempt.SetEnded();
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
        if (disposing && _attempt is null or { Ended.IsCompleted: true })
        {
            _stop.Dispose();
        }
    }

    /// <summary>Sends again what an earlier copy took out of the pipe.</summary>
    private async Task SendKeptAsync(Stream stream, CancellationToken cancellationToken)
    {
        if (!_isKeptWhole)
        {
            throw new HttpRequestException($"The call was refused after more than {MaxKeptBytes} bytes of it, or its answer, had begun.");
        }

        if (_kept is { WrittenCount: > 0 } kept)
        {
            await stream.WriteAsync(kept.WrittenMemory, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task CopyAsync(Stream stream, CancellationToken cancellationToken)
    {
        while (!_hasEnded)
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
            call?.Received(buffer.Length);
            Keep(buffer);
            _hasEnded = read.IsCompleted;
            try
            {
                foreach (var segment in buffer)
                {
                    await stream.WriteAsync(segment, cancellationToken).ConfigureAwait(false);
                }
            }
            finally
            {
                reader.AdvanceTo(buffer.End);
            }
        }
    }

    private void Keep(in ReadOnlySequence<byte> bytes)
    {
        if (!_isKeptWhole || bytes.IsEmpty)
        {
            return;
        }

        if (_hasAnswer || (_kept?.WrittenCount ?? 0) + bytes.Length > MaxKeptBytes)
        {
            _isKeptWhole = false;
            _kept = null;
            return;
        }

        _kept ??= new ArrayBufferWriter<byte>((int)bytes.Length);
        foreach (var segment in bytes)
        {
            _kept.Write(segment.Span);
        }
    }

    /// <summary>One copy of the body, for one try of the call.</summary>
    private sealed class Attempt(CancellationToken handlerToken, CancellationToken stopToken)
    {
        private readonly Lock _lock = new();
        private readonly CancellationTokenSource _cancel = CancellationTokenSource.CreateLinkedTokenSource(handlerToken, stopToken);
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public CancellationToken Token => _cancel.Token;

        /// <summary>Completes when this copy touches the pipe no more.</summary>
        public Task Ended => _ended.Task;

        public void SetEnded()
        {
            lock (_lock)
            {
                _ended.TrySetResult();
                _cancel.Dispose();
            }
        }

        /// <summary>Ends the copy and waits for its end.</summary>
        public Task EndAsync()
        {
            lock (_lock)
            {
                return Ended.IsCompleted ? Ended : Task.WhenAll(_cancel.CancelAsync(), Ended);
            }
        }
    }
}

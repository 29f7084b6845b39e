using System.Buffers;
using System.Net;

namespace EdgeMesh.Client.Calls;

/// <summary>Takes a request's body in whole, up to a limit; a longer one waits there until it is known where it goes.</summary>
/// <remarks>
/// A stream that a content writes itself to, once: a content that comes from a connection cannot begin anew. Past the limit the writer waits for <see cref="GoOnAsync"/>, or for its own
/// cancellation. Owned by one call.
/// </remarks>
internal sealed class HeldBody(int maxBytes) : Stream
{
    // Most requests of unary calls are short; a longer one grows at once to what it needs.
    private readonly ArrayBufferWriter<byte> _body = new(256);
    private readonly TaskCompletionSource _over = new(Continuations.Options);
    private readonly TaskCompletionSource<Stream> _rest = new(Continuations.Options);
    private bool _isRefused;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _body.WrittenCount;

    public override long Position { get => _body.WrittenCount; set => throw new NotSupportedException(); }

    /// <summary>Takes in a content.</summary>
    /// <returns>All of it; or, when that is null, what stands for a content that is longer than the limit, and can be sent once.</returns>
    public static async ValueTask<(ReadOnlyMemory<byte>? Whole, HttpContent? Passing)> ReadAsync(HttpContent? content, int maxBytes, CancellationToken cancellationToken)
    {
        if (content is null)
        {
            return (ReadOnlyMemory<byte>.Empty, null);
        }

        var held = new HeldBody(maxBytes);
        var writing = content.CopyToAsync(held, cancellationToken);
        if (!writing.IsCompleted)
        {
            await Task.WhenAny(writing, held._over.Task).ConfigureAwait(false);
        }

        if (held._over.Task.IsCompleted)
        {
            return (null, new BegunContent(content, held, writing));
        }

        try
        {
            await writing.ConfigureAwait(false);
            return (held._body.WrittenMemory, null);
        }
        catch (Exception fault) when (held._isRefused && fault is not OperationCanceledException)
        {
            return (null, content);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_over.Task.IsCompleted && buffer.Length <= maxBytes - _body.WrittenCount)
        {
            _body.Write(buffer.Span);
            return;
        }

        _over.TrySetResult();
        var rest = await _rest.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        await rest.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>A writer that cannot wait is refused past the limit: its content was made in this process, and writes the same when it is asked again.</summary>
    public override void Write(byte[] buffer, int offset, int count)
    {
        if (count > maxBytes - _body.WrittenCount)
        {
            _isRefused = true;
            throw new IOException("The body is longer than what is held.");
        }

        _body.Write(buffer.AsSpan(offset, count));
    }

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => _rest.Task.IsCompletedSuccessfully ? _rest.Task.Result.FlushAsync(cancellationToken) : Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Sends what is held, and then lets the writer go on.</summary>
    /// <returns>False: it went elsewhere before.</returns>
    private async Task<bool> GoOnAsync(Stream stream, CancellationToken cancellationToken)
    {
        if (_rest.Task.IsCompleted)
        {
            return false;
        }

        await stream.WriteAsync(_body.WrittenMemory, cancellationToken).ConfigureAwait(false);
        return _rest.TrySetResult(stream);
    }

    /// <summary>A content that has begun to be read.</summary>
    private sealed class BegunContent : HttpContent
    {
        private readonly HeldBody _held;
        private readonly Task _writing;

        public BegunContent(HttpContent content, HeldBody held, Task writing)
        {
            (_held, _writing) = (held, writing);
            foreach (var field in content.Headers.NonValidated)
            {
                Headers.TryAddWithoutValidation(field.Key, field.Value);
            }
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            if (!await _held.GoOnAsync(stream, cancellationToken).ConfigureAwait(false))
            {
                throw new HttpRequestException("A request beyond what is held cannot be sent a second time.");
            }

            await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}

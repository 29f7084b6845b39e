using System.Net;

namespace EdgeMesh.Client.Calls;

/// <summary>Takes a request's body in whole, up to a limit; a longer one waits there until it is known where it goes.</summary>
/// <remarks>
/// A stream that a content writes itself to, once: a content that comes from a connection cannot begin anew. Past the limit the writer waits for <see cref="GoOnAsync"/>, or for its own
/// cancellation. Owned by one call.
/// </remarks>
internal sealed class HeldBody(int maxBytes) : Stream
{
    // Of a body that comes in one piece, as most do, an array of its length.
    private byte[] _body = [];
    private int _length;

    // Made by whoever needs it first: a body that is there at once needs none.
    private Overflow? _overflow;
    private bool _isRefused;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _length;

    public override long Position { get => _length; set => throw new NotSupportedException(); }

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
            await Task.WhenAny(writing, held.Beyond.Reached.Task).ConfigureAwait(false);
        }

        if (held.IsOver)
        {
            return (null, new BegunContent(content, held, writing));
        }

        try
        {
            await writing.ConfigureAwait(false);
            return (held.Held, null);
        }
        catch (Exception fault) when (held._isRefused && fault is not OperationCanceledException)
        {
            return (null, content);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!IsOver && buffer.Length <= maxBytes - _length)
        {
            Append(buffer.Span);
            return;
        }

        Beyond.Reached.TrySetResult();
        var rest = await Beyond.Rest.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        await rest.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>A writer that cannot wait is refused past the limit: its content was made in this process, and writes the same when it is asked again.</summary>
    public override void Write(byte[] buffer, int offset, int count)
    {
        if (count > maxBytes - _length)
        {
            _isRefused = true;
            throw new IOException("The body is longer than what is held.");
        }

        Append(buffer.AsSpan(offset, count));
    }

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => _overflow is { Rest.Task: { IsCompletedSuccessfully: true } rest } ? rest.Result.FlushAsync(cancellationToken) : Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private ReadOnlyMemory<byte> Held => _body.AsMemory(0, _length);

    private bool IsOver => Volatile.Read(ref _overflow) is { Reached.Task.IsCompleted: true };

    private Overflow Beyond => Volatile.Read(ref _overflow) ?? Interlocked.CompareExchange(ref _overflow, new Overflow(), null) ?? _overflow;

    private void Append(ReadOnlySpan<byte> bytes)
    {
        var length = _length + bytes.Length;
        if (length > _body.Length)
        {
            Array.Resize(ref _body, _length == 0 ? length : Math.Max(length, 2 * _length));
        }

        bytes.CopyTo(_body.AsSpan(_length));
        _length = length;
    }

    /// <summary>Sends what is held, and then lets the writer go on.</summary>
    /// <returns>False: it went elsewhere before.</returns>
    private async Task<bool> GoOnAsync(Stream stream, CancellationToken cancellationToken)
    {
        if (Beyond.Rest.Task.IsCompleted)
        {
            return false;
        }

        await stream.WriteAsync(Held, cancellationToken).ConfigureAwait(false);
        return Beyond.Rest.TrySetResult(stream);
    }

    /// <summary>Where a body goes on that is longer than the limit.</summary>
    private sealed class Overflow
    {
        /// <summary>The limit was reached.</summary>
        public TaskCompletionSource Reached { get; } = new(Continuations.Options);

        /// <summary>Where the rest goes.</summary>
        public TaskCompletionSource<Stream> Rest { get; } = new(Continuations.Options);
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

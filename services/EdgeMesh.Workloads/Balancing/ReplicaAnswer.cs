using System.Net;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.Wire;

namespace EdgeMesh.Workloads.Balancing;

/// <summary>A replica's answer as it comes: its call runs there until it was read to its end, failed, or was let go; a failure names the replica.</summary>
/// <remarks>Not thread-safe, but for its end, which happens once: (1) a reader gets the last byte; (2) the answer is disposed of meanwhile; (3) whoever is first takes the call off the replica's count.</remarks>
internal sealed class ReplicaAnswer : HttpContent
{
    private readonly HttpResponseMessage _message;
    private readonly HttpContent _answer;
    private readonly ReplicaTarget _target;
    private readonly Workload _workload;
    private int _ends;

    /// <summary>Takes an answer's content over, with its fields.</summary>
    public ReplicaAnswer(HttpResponseMessage message, ReplicaTarget target, Workload workload)
    {
        (_message, _answer, _target, _workload) = (message, message.Content, target, workload);
        foreach (var field in _answer.Headers.NonValidated)
        {
            Headers.TryAddWithoutValidation(field.Key, field.Value);
        }
    }

    protected override async Task<Stream> CreateContentReadStreamAsync() => new AnswerStream(this, await _answer.ReadAsStreamAsync().ConfigureAwait(false));

    protected override Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) => CreateContentReadStreamAsync();

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await using var body = await CreateContentReadStreamAsync().ConfigureAwait(false);
        await body.CopyToAsync(stream).ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        End(null);
        _answer.Dispose();
        base.Dispose(disposing);
    }

    private void End(Exception? fault)
    {
        if (Interlocked.Exchange(ref _ends, 1) == 0)
        {
            _target.End();
            _workload.NoteEnd(_target, _message, fault);
        }
    }

    /// <summary>Passes reads on, and notices how they end.</summary>
    private sealed class AnswerStream(ReplicaAnswer owner, Stream body) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            ValueTask<int> reading;
            try
            {
                reading = body.ReadAsync(buffer, cancellationToken);
            }
            catch (Exception fault) when (fault is IOException or HttpRequestException)
            {
                throw Fail(fault);
            }

            if (!reading.IsCompletedSuccessfully)
            {
                return ReadLaterAsync(reading, buffer.IsEmpty);
            }

            var count = reading.Result;
            EndIf(count == 0 && !buffer.IsEmpty);
            return new ValueTask<int>(count);
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                body.Dispose();
                owner.End(null);
            }

            base.Dispose(disposing);
        }

        private async ValueTask<int> ReadLaterAsync(ValueTask<int> reading, bool isWait)
        {
            try
            {
                var count = await reading.ConfigureAwait(false);
                EndIf(count == 0 && !isWait);
                return count;
            }
            catch (Exception fault) when (fault is IOException or HttpRequestException)
            {
                throw Fail(fault);
            }
        }

        private void EndIf(bool isAtEnd)
        {
            if (isAtEnd)
            {
                owner.End(null);
            }
        }

        private UpstreamPlaceException Fail(Exception fault)
        {
            owner.End(fault);
            return new UpstreamPlaceException(owner._target.Upstream.ToString(), fault);
        }
    }
}

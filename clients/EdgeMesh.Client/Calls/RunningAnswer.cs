using System.Net;
using EdgeMesh.Client.Nodes;
using EdgeMesh.Client.Telemetry;
using EdgeMesh.Wire;

namespace EdgeMesh.Client.Calls;

/// <summary>An answer that passes as it comes: its call is in flight at the node until it has been read to its end, failed, or been let go.</summary>
/// <remarks>
/// Not thread-safe, but for its end, which happens once: (1) a reader gets the last byte; (2) the answer is disposed of meanwhile; (3) whoever is first takes the call off the node's count.
/// </remarks>
internal sealed class RunningAnswer : HttpContent
{
    private readonly HttpResponseMessage _message;
    private readonly HttpContent _answer;
    private readonly NodeState _node;
    private readonly NodeTrust _trust;
    private readonly AttemptTelemetry _telemetry;
    private int _ends;

    /// <summary>Takes an answer's content over, with its fields.</summary>
    public RunningAnswer(HttpResponseMessage answer, NodeState node, NodeTrust trust, AttemptTelemetry telemetry)
    {
        (_message, _answer, _node, _trust, _telemetry) = (answer, answer.Content, node, trust, telemetry);
        foreach (var field in _answer.Headers.NonValidated)
        {
            Headers.TryAddWithoutValidation(field.Key, field.Value);
        }
    }

    protected override async Task<Stream> CreateContentReadStreamAsync() => new RunningStream(this, await _answer.ReadAsStreamAsync().ConfigureAwait(false));

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
        End(null, GrpcStatusCode.Cancelled);
        _answer.Dispose();
        base.Dispose(disposing);
    }

    /// <param name="fault">How reading failed; null: it did not.</param>
    /// <param name="otherwise">The status of an answer that has none.</param>
    private void End(Exception? fault, GrpcStatusCode otherwise)
    {
        if (Interlocked.Exchange(ref _ends, 1) != 0)
        {
            return;
        }

        _node.End();
        _telemetry.End(GrpcStatusOf.Read(_message.Headers) ?? GrpcStatusOf.Read(_message.TrailingHeaders) ?? otherwise);
        if (fault is HttpProtocolException)
        {
            // Reset: perhaps by the word of an origin behind the node.
            _node.Doubt(TransportFault.Describe(fault));
        }
        else if (fault is HttpRequestException or IOException)
        {
            _trust.Note(_node, fault);
        }
    }

    /// <summary>Passes reads on, and notices how they end.</summary>
    private sealed class RunningStream(RunningAnswer owner, Stream body) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                var count = await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
                if (count == 0 && !buffer.IsEmpty)
                {
                    owner.End(null, GrpcStatusCode.Unknown);
                }

                return count;
            }
            catch (Exception fault)
            {
                owner.End(cancellationToken.IsCancellationRequested ? null : fault, cancellationToken.IsCancellationRequested ? GrpcStatusCode.Cancelled : GrpcStatusCode.Unavailable);
                throw;
            }
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
                owner.End(null, GrpcStatusCode.Cancelled);
            }

            base.Dispose(disposing);
        }
    }
}

using System.Net;
using EdgeMesh.Client.Nodes;

namespace EdgeMesh.Client.Calls;

/// <summary>An answer that passes as it comes: its call is in flight at the node until it has been read to its end, failed, or been let go.</summary>
/// <remarks>
/// Not thread-safe, but for its end, which happens once: (1) a reader gets the last byte; (2) the answer is disposed of meanwhile; (3) whoever is first takes the call off the node's count.
/// </remarks>
internal sealed class RunningAnswer : HttpContent
{
    private readonly HttpContent _answer;
    private readonly NodeState _node;
    private readonly NodeTrust _trust;
    private int _ends;

    /// <summary>Takes an answer over, with its fields.</summary>
    public RunningAnswer(HttpContent answer, NodeState node, NodeTrust trust)
    {
        (_answer, _node, _trust) = (answer, node, trust);
        foreach (var field in answer.Headers.NonValidated)
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
        End(null);
        _answer.Dispose();
        base.Dispose(disposing);
    }

    private void End(Exception? fault)
    {
        if (Interlocked.Exchange(ref _ends, 1) != 0)
        {
            return;
        }

        _node.End();
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
                    owner.End(null);
                }

                return count;
            }
            catch (Exception fault)
            {
                owner.End(cancellationToken.IsCancellationRequested ? null : fault);
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
                owner.End(null);
            }

            base.Dispose(disposing);
        }
    }
}

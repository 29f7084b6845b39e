using Grpc.Core;

namespace EdgeMesh.GrpcStack.Server;

/// <summary>The requests of a client streaming or duplex call.</summary>
internal sealed class RequestStream<T>(HttpServerCallContext call, Marshaller<T> marshaller) : IAsyncStreamReader<T>
    where T : class
{
    private T? _current;
    private int _reading;
    private bool _atEnd;

    public T Current => _current ?? throw new InvalidOperationException("No message has been read, or the stream is at its end.");

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        call.CancellationToken.ThrowIfCancellationRequested();
        if (Interlocked.Exchange(ref _reading, 1) != 0)
        {
            throw new InvalidOperationException("Can't read the next message because the previous read is still in progress.");
        }

        try
        {
            _current = null;
            if (!_atEnd)
            {
                _current = await call.ReadAsync(marshaller, cancellationToken).ConfigureAwait(false);
                _atEnd = _current is null;
            }

            return !_atEnd;
        }
        finally
        {
            Volatile.Write(ref _reading, 0);
        }
    }
}

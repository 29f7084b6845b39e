using Grpc.Core;

namespace EdgeMesh.GrpcStack.Client;

/// <summary>The response stream of a call.</summary>
/// <remarks>One read at a time: a second one fails, and does no harm to the first.</remarks>
internal sealed class ClientStreamReader<TRequest, TResponse>(ClientCall<TRequest, TResponse> call) : IAsyncStreamReader<TResponse>
    where TRequest : class
    where TResponse : class
{
    private int _isReading;
    private TResponse? _current;

    /// <inheritdoc/>
    public TResponse Current => _current ?? throw new InvalidOperationException("No current element is available.");

    /// <inheritdoc/>
    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isReading, 1) == 1)
        {
            throw new InvalidOperationException("Can't read the next message because the previous read is in progress.");
        }

        try
        {
            using var registration = cancellationToken.UnsafeRegister(static state => ((CallLifetime)state!).EndByCaller(), call.Lifetime);
            _current = null;
            _current = await call.ReadNextAsync().ConfigureAwait(false);
            return _current is not null;
        }
        finally
        {
            Volatile.Write(ref _isReading, 0);
        }
    }
}

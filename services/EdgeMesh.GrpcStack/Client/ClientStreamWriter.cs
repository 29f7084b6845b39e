using EdgeMesh.GrpcStack.Messages;
using Grpc.Core;

namespace EdgeMesh.GrpcStack.Client;

/// <summary>The request stream of a call.</summary>
/// <remarks>One write at a time: a second one fails, and does no harm to the first.</remarks>
internal sealed class ClientStreamWriter<TRequest, TResponse>(
    ClientCall<TRequest, TResponse> call, RequestStreamContent content, RequestSerializer<TRequest> serializer, WriteOptions? callOptions) : IClientStreamWriter<TRequest>
    where TRequest : class
    where TResponse : class
{
    private readonly Lock _gate = new();
    private bool _isWriting;
    private bool _isComplete;

    /// <inheritdoc/>
    public WriteOptions? WriteOptions { get; set; } = callOptions;

    /// <inheritdoc/>
    public Task WriteAsync(TRequest message) => WriteAsync(message, CancellationToken.None);

    /// <inheritdoc/>
    public async Task WriteAsync(TRequest message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        Claim();
        try
        {
            ThrowIfEnded(null);
            await WriteCoreAsync(message, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                _isWriting = false;
            }
        }
    }

    /// <inheritdoc/>
    public Task CompleteAsync()
    {
        lock (_gate)
        {
            if (_isWriting)
            {
                return Task.FromException(new InvalidOperationException("Can't complete the client stream writer because the previous write is in progress."));
            }

            _isComplete = true;
        }

        content.Complete();
        return Task.CompletedTask;
    }

    private void Claim()
    {
        lock (_gate)
        {
            if (_isComplete)
            {
                throw new InvalidOperationException("Request stream has already been completed.");
            }

            if (_isWriting)
            {
                throw new InvalidOperationException("Can't write the message because the previous write is in progress.");
            }

            _isWriting = true;
        }
    }

    private async Task WriteCoreAsync(TRequest message, CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(static state => ((CallLifetime)state!).EndByCaller(), call.Lifetime);
        using var frame = new PooledBufferWriter();
        serializer.Write(frame, message, WriteOptions);
        try
        {
            var stream = await content.TakeStreamAsync(call.Lifetime.Aborted).ConfigureAwait(false);
            await stream.WriteAsync(frame.WrittenMemory, call.Lifetime.Aborted).ConfigureAwait(false);
            if (WriteOptions?.Flags.HasFlag(WriteFlags.BufferHint) != true)
            {
                await stream.FlushAsync(call.Lifetime.Aborted).ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            ThrowIfEnded(e);

            // The response side has not seen the end yet: it will say how the call ended.
            throw new RpcException(TransportFault.ToStatus("Error writing the message.", e));
        }
    }

    private void ThrowIfEnded(Exception? fault)
    {
        if (call.Lifetime.Outcome is { } outcome)
        {
            throw outcome.Status.StatusCode == StatusCode.OK
                ? new InvalidOperationException("Can't write the message because the call is complete.", fault)
                : outcome.ToException();
        }
    }
}

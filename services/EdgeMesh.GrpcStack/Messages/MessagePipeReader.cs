using System.IO.Pipelines;
using Grpc.Core;

namespace EdgeMesh.GrpcStack.Messages;

/// <summary>Reads messages from a pipe of frames.</summary>
/// <remarks>One read at a time. A message is buffered whole, so at most the deserializer's limit, in the pipe's own memory.</remarks>
internal sealed class MessagePipeReader(PipeReader pipe, MessageDeserializer deserializer)
{
    /// <summary>Reads the next message of a stream.</summary>
    /// <returns>Null at the end of the stream.</returns>
    /// <exception cref="RpcException">See <see cref="MessageDeserializer"/>; INTERNAL when the stream ends within a message.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or <see cref="CancelPendingRead"/> was called.</exception>
    public async ValueTask<T?> ReadAsync<T>(Marshaller<T> marshaller, CancellationToken cancellationToken)
        where T : class
    {
        while (true)
        {
            var result = await pipe.ReadAsync(cancellationToken).ConfigureAwait(false);
            var atEnd = result.IsCompleted && result.Buffer.IsEmpty;
            if (TryTake(result, marshaller, out var message) || atEnd)
            {
                return message;
            }

            if (result.IsCompleted)
            {
                throw MessageFaults.Incomplete();
            }
        }
    }

    /// <summary>Reads the only message of a stream, to the stream's end.</summary>
    /// <exception cref="RpcException">As in <see cref="ReadAsync"/>; INTERNAL also when there is no message, or more than one.</exception>
    /// <exception cref="OperationCanceledException">As in <see cref="ReadAsync"/>.</exception>
    public async ValueTask<T> ReadSingleAsync<T>(Marshaller<T> marshaller, CancellationToken cancellationToken)
        where T : class
    {
        var message = await ReadAsync(marshaller, cancellationToken).ConfigureAwait(false) ?? throw MessageFaults.Incomplete();
        while (true)
        {
            var result = await pipe.ReadAsync(cancellationToken).ConfigureAwait(false);
            ThrowIfCanceled(result);
            if (!result.Buffer.IsEmpty)
            {
                pipe.AdvanceTo(result.Buffer.Start);
                throw MessageFaults.Additional();
            }

            pipe.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return message;
            }
        }
    }

    /// <summary>Fails the read under way, or the next one, with <see cref="OperationCanceledException"/>.</summary>
    public void CancelPendingRead() => pipe.CancelPendingRead();

    private bool TryTake<T>(in ReadResult result, Marshaller<T> marshaller, out T? message)
        where T : class
    {
        ThrowIfCanceled(result);
        var buffer = result.Buffer;
        var taken = false;
        try
        {
            taken = deserializer.TryRead(ref buffer, marshaller, out message);
        }
        finally
        {
            // A whole message leaves the rest unexamined, or the next read would wait for more although it is there.
            pipe.AdvanceTo(buffer.Start, taken ? buffer.Start : buffer.End);
        }

        return taken;
    }

    private void ThrowIfCanceled(in ReadResult result)
    {
        if (result.IsCanceled)
        {
            pipe.AdvanceTo(result.Buffer.Start);
            throw new OperationCanceledException("The read was cancelled.");
        }
    }
}

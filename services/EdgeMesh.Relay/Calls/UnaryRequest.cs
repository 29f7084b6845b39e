using System.Buffers;
using System.IO.Pipelines;
using EdgeMesh.Wire;

namespace EdgeMesh.Relay.Calls;

/// <summary>What a look at the beginning of a request showed.</summary>
internal enum RequestShape
{
    /// <summary>One whole message and the end of the stream.</summary>
    Unary,

    /// <summary>More than one message has begun.</summary>
    Streaming,

    /// <summary>One message at most so far, and no end within the wait.</summary>
    Open,

    /// <summary>A message beyond the limit, or nothing that the cache can use.</summary>
    Other,
}

/// <summary>Reads a request's body as far as it takes to see whether it is one message.</summary>
internal static class UnaryRequest
{
    /// <summary>Takes a request that is whole already: one message and the end of the stream.</summary>
    /// <param name="reader">The request body. When the answer is false, nothing of it is consumed.</param>
    /// <param name="maxMessageBytes">Longest message of interest.</param>
    /// <param name="frame">The frame (prefix included), which the caller releases by <c>reader.AdvanceTo(frame.End)</c>.</param>
    public static bool TryRead(PipeReader reader, int maxMessageBytes, out ReadOnlySequence<byte> frame)
    {
        frame = default;
        try
        {
            if (!reader.TryRead(out var read))
            {
                return false;
            }

            if (Classify(read.Buffer, maxMessageBytes, read.IsCompleted) == RequestShape.Unary)
            {
                frame = read.Buffer;
                return true;
            }

            reader.AdvanceTo(read.Buffer.Start);
            return false;
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            // The caller has gone: the next read says so again, to those who wait.
            return false;
        }
    }

    /// <summary>Waits for one message and the end of the stream.</summary>
    /// <param name="reader">The request body. When the answer is not unary, nothing of it is consumed.</param>
    /// <param name="maxMessageBytes">Longest message of interest.</param>
    /// <param name="wait">How long to wait for the end.</param>
    /// <param name="time">Times the wait.</param>
    /// <param name="cancellationToken">Ends the read with OperationCanceledException.</param>
    /// <returns>For a unary request, the frame (prefix included), which the caller releases by <c>reader.AdvanceTo(frame.End)</c>.</returns>
    public static async ValueTask<(RequestShape Shape, ReadOnlySequence<byte> Frame)> ReadAsync(
        PipeReader reader, int maxMessageBytes, TimeSpan wait, TimeProvider time, CancellationToken cancellationToken)
    {
        ITimer? timer = null;
        try
        {
            while (true)
            {
                var pending = reader.ReadAsync(cancellationToken);
                if (!pending.IsCompleted && timer is null)
                {
                    // The timer may fire when no read is under way: whoever reads next sees IsCanceled without harm.
                    timer = time.CreateTimer(static state => Wake((PipeReader)state!), reader, wait, Timeout.InfiniteTimeSpan);
                }

                var read = await pending.ConfigureAwait(false);
                var buffer = read.Buffer;
                var shape = Classify(buffer, maxMessageBytes, read.IsCompleted);
                if (shape == RequestShape.Unary)
                {
                    return (shape, buffer);
                }

                if (shape != RequestShape.Open || read.IsCanceled)
                {
                    reader.AdvanceTo(buffer.Start);
                    if (read.IsCanceled)
                    {
                        // What was examined before would be held back until more comes, and perhaps nothing comes until it
                        // is answered: the next read shall return at once.
                        reader.CancelPendingRead();
                    }

                    return (shape, default);
                }

                reader.AdvanceTo(buffer.Start, buffer.End);
            }
        }
        finally
        {
            // Not until its callback is over: the pipe is the next request's when this one has ended.
            if (timer is not null)
            {
                await timer.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>What the beginning of a request shows.</summary>
    /// <param name="isCompleted">Whether that is all of it.</param>
    public static RequestShape Classify(ReadOnlySequence<byte> buffer, int maxMessageBytes, bool isCompleted)
    {
        var rest = buffer;
        switch (MessageFrame.TryRead(ref rest, maxMessageBytes, out _, out _))
        {
            case MessageFrameStatus.Incomplete:
                return isCompleted ? RequestShape.Other : RequestShape.Open;
            case MessageFrameStatus.Complete when rest.IsEmpty:
                return isCompleted ? RequestShape.Unary : RequestShape.Open;
            case MessageFrameStatus.Complete:
                return RequestShape.Streaming;
            default:
                return RequestShape.Other;
        }
    }

    /// <summary>Lets the read that is under way return.</summary>
    /// <remarks>
    /// Race survived: (1) the caller resets its stream; (2) the timer fires, and the server's pipe refuses with the caller's reset,
    /// on a thread where nobody would catch it; (3) the read itself ends with the same.
    /// </remarks>
    private static void Wake(PipeReader reader)
    {
        try
        {
            reader.CancelPendingRead();
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            // The read that waits is told.
        }
    }
}

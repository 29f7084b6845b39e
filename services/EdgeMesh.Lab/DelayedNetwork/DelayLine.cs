using System.Buffers;
using System.Diagnostics;
using System.Net.Sockets;
using System.Threading.Channels;

namespace EdgeMesh.Lab.DelayedNetwork;

/// <summary>Carries the bytes of one direction of a connection, each as much later as its link says, in order.</summary>
/// <remarks>
/// Two loops: one notes when bytes came, the other hands them on when they are due. So many bytes as a long fast way holds may be under way; then the sender waits, as for a window. Each way
/// takes up to a millisecond more (<see cref="DelayClock"/>), never less. Owned by its connection.
/// </remarks>
internal sealed class DelayLine(Socket from, Socket to, NetworkLink link, Random random)
{
    private const int PieceBytes = 16 * 1024;

    // 4 MiB: 300 Mbit/s over 100 ms.
    private const int MaxPieces = 256;

    private readonly Channel<Piece> _underWay = Channel.CreateBounded<Piece>(new BoundedChannelOptions(MaxPieces) { SingleReader = true, SingleWriter = true });

    /// <summary>Carries until the sender has no more, and tells the receiver so.</summary>
    /// <param name="opened">When the way is open, by <see cref="Stopwatch.GetTimestamp"/>: what comes before takes its time from then.</param>
    /// <param name="cancellationToken">Ends it at once.</param>
    /// <exception cref="SocketException">The connection broke at either end.</exception>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public async Task CarryAsync(long opened, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var taking = TakeAsync(opened, end.Token);
        try
        {
            await GiveAsync(end.Token).ConfigureAwait(false);
        }
        finally
        {
            await end.CancelAsync().ConfigureAwait(false);
            await taking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task TakeAsync(long opened, CancellationToken cancellationToken)
    {
        var due = opened;
        try
        {
            while (true)
            {
                var buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
                var count = await from.ReceiveAsync(buffer, SocketFlags.None, cancellationToken).ConfigureAwait(false);
                var delay = link.Draw(Math.Max(count, 1), random);

                // Never before what came before it.
                due = Math.Max(due, Math.Max(opened, Stopwatch.GetTimestamp()) + (long)(delay.TotalSeconds * Stopwatch.Frequency));
                await _underWay.Writer.WriteAsync(new Piece(buffer, count, due), cancellationToken).ConfigureAwait(false);
                if (count == 0)
                {
                    _underWay.Writer.Complete();
                    return;
                }
            }
        }
        catch (Exception fault)
        {
            // What is under way arrives first; a reset comes behind it.
            _underWay.Writer.TryComplete(fault);
        }
    }

    private async Task GiveAsync(CancellationToken cancellationToken)
    {
        await foreach (var piece in _underWay.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            await DelayClock.Shared.WaitUntilAsync(piece.Due, cancellationToken).ConfigureAwait(false);
            for (var sent = 0; sent < piece.Count;)
            {
                sent += await to.SendAsync(piece.Buffer.AsMemory(sent, piece.Count - sent), SocketFlags.None, cancellationToken).ConfigureAwait(false);
            }

            ArrayPool<byte>.Shared.Return(piece.Buffer);
        }

        to.Shutdown(SocketShutdown.Send);
    }

    private readonly record struct Piece(byte[] Buffer, int Count, long Due);
}

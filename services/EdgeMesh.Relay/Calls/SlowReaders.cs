using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EdgeMesh.Relay.Calls;

/// <summary>Sends answers, and knows the callers who do not read theirs: what a node holds for all of them is bounded, in time and in bytes.</summary>
/// <remarks>
/// <para>
/// A caller's window decides when its answer moves. One who never opens it makes this node hold a piece of the answer, and for a relayed
/// one what upstream may send ahead. A <em>held</em> answer, whole in this node, must move within <see cref="RelayOptions.WriteTimeout"/>; a
/// <em>resting</em> one, relayed as it comes, may stand for hours, as streams do. When all waiting answers together hold more than
/// <see cref="RelayOptions.MaxUnreadBytes"/>, those that have waited longest are given up. Giving up resets the stream with
/// ENHANCE_YOUR_CALM, which gRPC shows its caller as RESOURCE_EXHAUSTED.
/// </para>
/// <para>
/// Thread-safe; <c>_lock</c> owns both lists and the sum. An answer that need not wait touches neither. Race survived: (1) a caller begins to
/// read, and its call goes on to its end; (2) the call is chosen to be given up; (3) its context, used again by the connection's next call,
/// is reset. Streams are reset under the lock that a call must take before it goes on, so (3) cannot come after (1).
/// </para>
/// </remarks>
internal sealed class SlowReaders
{
    private const int EnhanceYourCalm = 0xb;

    private readonly Lock _lock = new();
    private readonly LinkedList<Waiting> _held = [];
    private readonly LinkedList<Waiting> _resting = [];
    private readonly TimeProvider _time;
    private readonly TimeSpan _timeout;
    private readonly long _maxBytes;
    private readonly ITimer _timer;
    private long _bytes;
    private long _givenUp;

    public SlowReaders(RelayOptions options, TimeProvider time)
    {
        _time = time;
        _timeout = options.WriteTimeout;
        _maxBytes = options.MaxUnreadBytes;
        _timer = time.CreateTimer(static state => ((SlowReaders)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Answers given up since the start.</summary>
    public long GivenUp => Volatile.Read(ref _givenUp);

    /// <summary>Sends what was written; the caller's going is an OperationCanceledException.</summary>
    /// <param name="context">The call.</param>
    /// <param name="heldBytes">What this node holds for it until the caller reads.</param>
    /// <param name="mayRest">Whether it may wait for as long as it likes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public ValueTask FlushAsync(HttpContext context, int heldBytes, bool mayRest, CancellationToken cancellationToken)
    {
        var flush = context.Response.BodyWriter.FlushAsync(cancellationToken);
        if (!flush.IsCompletedSuccessfully)
        {
            return WaitAsync(flush, new Waiting(context, heldBytes, _time.GetTimestamp()), mayRest ? _resting : _held);
        }

        Check(flush.Result);
        return ValueTask.CompletedTask;
    }

    private static void Check(FlushResult flushed)
    {
        if (flushed.IsCompleted || flushed.IsCanceled)
        {
            throw new OperationCanceledException("The caller has gone.");
        }
    }

    private async ValueTask WaitAsync(ValueTask<FlushResult> flush, Waiting waiting, LinkedList<Waiting> list)
    {
        var place = new LinkedListNode<Waiting>(waiting);
        lock (_lock)
        {
            list.AddLast(place);
            _bytes += waiting.Bytes;
            while (_bytes > _maxBytes && OldestLocked() is { } oldest)
            {
                GiveUpLocked(oldest);
            }

            if (list == _held && _held.Count == 1)
            {
                _timer.Change(_timeout, Timeout.InfiniteTimeSpan);
            }
        }

        try
        {
            Check(await flush.ConfigureAwait(false));
        }
        finally
        {
            lock (_lock)
            {
                RemoveLocked(place);
            }
        }
    }

    /// <summary>Gives up held answers whose time is over, and waits for the next.</summary>
    private void OnTimer()
    {
        lock (_lock)
        {
            while (_held.First is { } first)
            {
                var left = _timeout - _time.GetElapsedTime(first.Value.Since);
                if (left > TimeSpan.Zero)
                {
                    _timer.Change(left, Timeout.InfiniteTimeSpan);
                    return;
                }

                GiveUpLocked(first);
            }
        }
    }

    private LinkedListNode<Waiting>? OldestLocked() => (_held.First, _resting.First) switch
    {
        ({ } held, { } resting) => held.Value.Since <= resting.Value.Since ? held : resting,
        var (held, resting) => held ?? resting,
    };

    private void GiveUpLocked(LinkedListNode<Waiting> place)
    {
        RemoveLocked(place);
        Interlocked.Increment(ref _givenUp);
        if (place.Value.Context.Features.Get<IHttpResetFeature>() is { } stream)
        {
            stream.Reset(EnhanceYourCalm);
        }
        else
        {
            place.Value.Context.Abort();
        }
    }

    private void RemoveLocked(LinkedListNode<Waiting> place)
    {
        if (place.List is { } list)
        {
            list.Remove(place);
            _bytes -= place.Value.Bytes;
        }
    }

    /// <summary>An answer whose caller has yet to read what was sent.</summary>
    private readonly record struct Waiting(HttpContext Context, int Bytes, long Since);
}

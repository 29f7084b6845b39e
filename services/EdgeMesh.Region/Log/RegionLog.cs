using EdgeMesh.Relay.Coherence;
using EdgeMesh.Storage.Log;
using EdgeMesh.V1;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Region.Log;

/// <summary>The log of a Region: durable below, told to nodes above.</summary>
/// <remarks>
/// <code>
/// AppendAsync -> one writer's thread: place, commit, sync -> Feed -> streams of nodes
///                                                         '-> who appended it
/// </code>
/// So whoever was told that an entry is in the log finds it in <see cref="Feed"/>, and whatever asks an origin from then on is as of it. Thread-safe.
/// </remarks>
internal sealed class RegionLog
{
    private readonly DurableLog _durable;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _oneEpoch = new(1);

    /// <summary>Goes on where the durable log is.</summary>
    public RegionLog(DurableLog durable, ILogger<RegionLog> log)
    {
        (_durable, _log) = (durable, log);
        Feed = new LogFeed(durable.From);
        durable.Committed = Feed.Publish;
        Feed.Start(durable.Opened.PositionOf(), LogKinds.States.Keys.SelectMany(kind => durable.OfKind(kind, before: long.MaxValue, count: 1)));
    }

    /// <summary>What nodes are told.</summary>
    public LogFeed Feed { get; }

    /// <summary>The last entry. Not to be changed.</summary>
    public LogPosition Head => Feed.Head!;

    /// <inheritdoc cref="DurableLog.AppendAsync"/>
    public Task<LogEntry> AppendAsync(LogEntry change, CancellationToken cancellationToken) => _durable.AppendAsync(change, cancellationToken);

    /// <inheritdoc cref="DurableLog.OfKind"/>
    public IReadOnlyList<LogEntry> OfKind(LogEntry.ChangeOneofCase kind, ulong before, int count) => _durable.OfKind(kind, before, count);

    /// <summary>Whether the log has the very entry that a position names.</summary>
    public bool Has(LogPosition position) => _durable.From(position.Sequence, 1) is [var entry] && entry.PositionOf().Equals(position);

    /// <summary>Looks at where a node says that it is: one that has applied what this log does not have shows that the log was set back.</summary>
    /// <remarks>
    /// As by a copy of the data directory that was put back, which nothing in it tells: (1) nodes apply 17 and 18; (2) the copy, as of 16, is put back;
    /// (3) another 17 is written, and applied by those who had come to 16. Whoever had 18 lacks the other 17, and what 17 and 18 purged may be
    /// back in the caches of those who started since. So another epoch begins, and all start anew.
    /// </remarks>
    /// <returns>Whether the log has the very entry that the node is at: it can go on from there.</returns>
    public async Task<bool> KnowsAsync(LogPosition position, string node, CancellationToken cancellationToken)
    {
        if (Has(position))
        {
            return true;
        }

        await _oneEpoch.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (IsAhead(position))
            {
                var entry = await _durable.BeginEpochAsync(cancellationToken).ConfigureAwait(false);
                _log.SetBack(node, position.Sequence, entry.Sequence);
            }

            return false;
        }
        finally
        {
            _oneEpoch.Release();
        }
    }

    private bool IsAhead(LogPosition position)
    {
        var head = Head;
        if (position.Epoch != head.Epoch)
        {
            return false;
        }

        // One that is no longer kept may have been the same.
        return position.Sequence > head.Sequence || (_durable.From(position.Sequence, 1) is [var entry] && entry.Sequence == position.Sequence && !entry.PositionOf().Equals(position));
    }
}

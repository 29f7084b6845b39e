using EdgeMesh.Storage.Database;
using EdgeMesh.V1;

namespace EdgeMesh.Storage.Log;

/// <summary>The log of a Region: entries in the order of their commits, each on the disk before anybody learns of it.</summary>
/// <remarks>
/// A table of the store's metadata, so that one commit can write data and the entry that follows from it, and a backup has both. Entries are
/// numbered without gaps, from epoch to epoch. A new epoch begins with a new log and with a restored one; the Region begins one when it sees
/// that the log was set back in another way. Thread-safe.
/// </remarks>
public sealed class DurableLog
{
    private readonly GroupCommitter _committer;
    private readonly MetadataDatabase _metadata;
    private readonly LogRetention _retention;
    private readonly TimeProvider _time;

    private DurableLog(GroupCommitter committer, MetadataDatabase metadata, LogRetention retention, TimeProvider time, LogEntry last) =>
        (_committer, _metadata, _retention, _time, Opened) = (committer, metadata, retention, time, last);

    /// <summary>Told of each entry, in order, when it is on the disk, and before whoever wrote it is; on the writer's thread: must not block. To be set before the first is written.</summary>
    public Action<LogEntry>? Committed { get; set; }

    /// <summary>The last entry when the log was opened. Not to be changed.</summary>
    public LogEntry Opened { get; }

    /// <summary>Appends an entry.</summary>
    /// <param name="change">What it changes; its place is given here.</param>
    /// <param name="cancellationToken">Gives up before its turn has come.</param>
    /// <returns>The entry in its place, durable. Not to be changed.</returns>
    /// <exception cref="ObjectStoreException"><see cref="ObjectStoreFault.StorageFull"/>; <see cref="ObjectStoreFault.Unavailable"/>: it may be in the log all the same after a restart.</exception>
    public Task<LogEntry> AppendAsync(LogEntry change, CancellationToken cancellationToken) =>
        _committer.CommitAsync(transaction => transaction.Log.Append(change, _retention, Now()), cancellationToken, Tell);

    /// <summary>Begins another epoch: every node drops what it has cached.</summary>
    /// <exception cref="ObjectStoreException">As <see cref="AppendAsync"/>.</exception>
    public Task<LogEntry> BeginEpochAsync(CancellationToken cancellationToken) =>
        _committer.CommitAsync(transaction => transaction.Log.BeginEpoch(Now()), cancellationToken, Tell);

    /// <summary>Entries from a place on, in order, without gaps; where that one is not kept they begin later.</summary>
    /// <exception cref="ObjectStoreException">It cannot be read.</exception>
    public IReadOnlyList<LogEntry> From(ulong sequence, int count) => _metadata.Read(queries => queries.Log.From(sequence, count));

    /// <summary>Entries of a kind before a place, the latest first.</summary>
    /// <exception cref="ObjectStoreException">It cannot be read.</exception>
    public IReadOnlyList<LogEntry> OfKind(LogEntry.ChangeOneofCase kind, ulong before, int count) => _metadata.Read(queries => queries.Log.OfKind(kind, before, count));

    /// <summary>Opens the log of a store: begins an epoch where one is due.</summary>
    internal static async Task<DurableLog> OpenAsync(GroupCommitter committer, MetadataDatabase metadata, LogRetention retention, TimeProvider time)
    {
        var last = await committer.CommitAsync(transaction => transaction.Log.Open(Microseconds(time)), CancellationToken.None).ConfigureAwait(false);
        return new DurableLog(committer, metadata, retention, time, last);
    }

    private static long Microseconds(TimeProvider time) => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private long Now() => Microseconds(_time);

    private void Tell(LogEntry entry) => Committed?.Invoke(entry);
}

using EdgeMesh.Storage.Database;
using EdgeMesh.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Data.Sqlite;

namespace EdgeMesh.Storage.Log;

/// <summary>What the one writer can do to the log inside its transaction.</summary>
/// <remarks>Places are given here, on one thread, so in the order of commits. Used by the committer's thread only.</remarks>
internal sealed class LogWriter : IDisposable
{
    private readonly LogQueries _queries;
    private readonly Statement _insert;
    private readonly Statement _isRestored;
    private readonly Statement _clearRestored;
    private readonly Statement _setFloor;
    private readonly Statement _removeBefore;
    private readonly Statement _removeOfKind;

    /// <summary>Names the statements.</summary>
    internal LogWriter(SqliteConnection connection)
    {
        _queries = new LogQueries(connection);
        _insert = new Statement(connection, "INSERT INTO log (sequence, epoch, kind, payload, committed) VALUES ($1, $2, $3, $4, $5);", 5);
        _isRestored = new Statement(connection, "SELECT value FROM sequences WHERE name = 'restored';", 0);
        _clearRestored = new Statement(connection, "DELETE FROM sequences WHERE name = 'restored';", 0);
        _setFloor = new Statement(connection, "UPDATE sequences SET value = $1 WHERE name = 'log_floor';", 1);
        _removeBefore = new Statement(connection, "DELETE FROM log WHERE sequence < $1 AND kind = $2;", 2);
        _removeOfKind = new Statement(
            connection,
            "DELETE FROM log WHERE sequence < $1 AND kind = $2 AND sequence < (SELECT sequence FROM log WHERE kind = $2 ORDER BY sequence DESC LIMIT 1 OFFSET $3);",
            3);
    }

    /// <summary>Begins the first epoch of a new log, and another of a restored one, which may lack entries that nodes have applied.</summary>
    /// <param name="nowMicroseconds">Since 1970.</param>
    /// <returns>The last entry.</returns>
    internal LogEntry Open(long nowMicroseconds)
    {
        var last = _queries.Last();
        if (last is not null && _isRestored.Number() is null)
        {
            return last;
        }

        _clearRestored.Execute();
        return BeginEpoch(nowMicroseconds);
    }

    /// <summary>Begins another epoch: larger than the last, and with nearly every clock larger than any that a copy of this log went on with.</summary>
    internal LogEntry BeginEpoch(long nowMicroseconds)
    {
        var last = _queries.Last();
        return Insert(last, Math.Max(nowMicroseconds, (long)(last?.Epoch ?? 0) + 1), new LogEntry { EpochStart = new EpochStart() }, nowMicroseconds);
    }

    /// <summary>Appends an entry, and removes old ones when it is time.</summary>
    /// <param name="change">What it changes; its place is set here.</param>
    internal LogEntry Append(LogEntry change, LogRetention retention, long nowMicroseconds)
    {
        var last = _queries.Last() ?? throw new InvalidOperationException("The log has no epoch");
        var entry = Insert(last, (long)last.Epoch, change, nowMicroseconds);
        if (entry.Sequence > (ulong)retention.Entries && entry.Sequence % (ulong)retention.Slack == 0)
        {
            Compact((long)entry.Sequence - retention.Entries + 1, retention);
        }

        return entry;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _queries.Dispose();
        foreach (var statement in (ReadOnlySpan<Statement>)[_insert, _isRestored, _clearRestored, _setFloor, _removeBefore, _removeOfKind])
        {
            statement.Dispose();
        }
    }

    private LogEntry Insert(LogEntry? last, long epoch, LogEntry change, long nowMicroseconds)
    {
        var sequence = (long)(last?.Sequence ?? 0) + 1;
        _insert.Execute(sequence, epoch, (long)change.ChangeCase, change.ToByteArray(), nowMicroseconds);
        var entry = change.Clone();
        entry.Sequence = (ulong)sequence;
        entry.Epoch = (ulong)epoch;
        entry.CommitTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddMicroseconds(nowMicroseconds));
        return entry;
    }

    private void Compact(long floor, LogRetention retention)
    {
        _setFloor.Execute(floor);
        foreach (var kind in System.Enum.GetValues<LogEntry.ChangeOneofCase>())
        {
            _ = retention.States.TryGetValue(kind, out var kept) ? _removeOfKind.Execute(floor, (long)kind, kept - 1) : _removeBefore.Execute(floor, (long)kind);
        }
    }
}

using EdgeMesh.Storage.Database;
using EdgeMesh.V1;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Data.Sqlite;

namespace EdgeMesh.Storage.Log;

/// <summary>What is asked of the log on one connection.</summary>
/// <remarks>Not thread-safe: a connection has one user at a time.</remarks>
internal sealed class LogQueries : IDisposable
{
    private const string Columns = "sequence, epoch, payload, committed";

    private readonly Statement _last;
    private readonly Statement _from;
    private readonly Statement _ofKind;

    /// <summary>Names the statements.</summary>
    internal LogQueries(SqliteConnection connection)
    {
        _last = new Statement(connection, $"SELECT {Columns} FROM log ORDER BY sequence DESC LIMIT 1;", 0);
        _from = new Statement(
            connection,
            $"SELECT {Columns} FROM log WHERE sequence >= max($1, (SELECT value FROM sequences WHERE name = 'log_floor')) ORDER BY sequence LIMIT $2;",
            2);
        _ofKind = new Statement(connection, $"SELECT {Columns} FROM log WHERE kind = $1 AND sequence < $2 ORDER BY sequence DESC LIMIT $3;", 3);
    }

    /// <summary>The last entry; null: there is none yet.</summary>
    internal LogEntry? Last() => Read(_last.Query()).FirstOrDefault();

    /// <summary>Entries from a place on, in order, without gaps; they begin later where that one is not kept.</summary>
    internal List<LogEntry> From(ulong sequence, int count) => Read(_from.Query((long)sequence, count));

    /// <summary>Entries of a kind before a place, the latest first.</summary>
    internal List<LogEntry> OfKind(LogEntry.ChangeOneofCase kind, ulong before, int count) => Read(_ofKind.Query((long)kind, (long)before, count));

    /// <inheritdoc/>
    public void Dispose()
    {
        _last.Dispose();
        _from.Dispose();
        _ofKind.Dispose();
    }

    private static List<LogEntry> Read(SqliteDataReader row)
    {
        using (row)
        {
            var entries = new List<LogEntry>();
            while (row.Read())
            {
                // The payload is what the entry changes; its place is the table's to say.
                var entry = LogEntry.Parser.ParseFrom(row.GetFieldValue<byte[]>(2));
                entry.Sequence = (ulong)row.GetInt64(0);
                entry.Epoch = (ulong)row.GetInt64(1);
                entry.CommitTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddMicroseconds(row.GetInt64(3)));
                entries.Add(entry);
            }

            return entries;
        }
    }
}

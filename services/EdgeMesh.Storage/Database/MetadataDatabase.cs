using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace EdgeMesh.Storage.Database;

/// <summary>The SQLite file: one connection that writes and alone checkpoints, and as many that read as are in use at once.</summary>
/// <remarks>
/// WAL with synchronous=FULL: COMMIT returns after the log was synced. Only the writer moves the log into the file: versions before 3.51.3
/// can lose a commit where two connections checkpoint at once. No mmap: a read error would be a signal, not an error. Thread-safe but for
/// the writer, which belongs to the <see cref="GroupCommitter"/>.
/// </remarks>
internal sealed class MetadataDatabase : IDisposable
{
    /// <summary>The file's name in the data directory.</summary>
    internal const string FileName = "metadata.db";

    private readonly string _file;
    private readonly ConcurrentBag<Reader> _idle = [];
    private volatile bool _closed;

    /// <summary>Opens or creates the file and brings its schema up to date.</summary>
    /// <exception cref="DataDirectoryException">It is of a later version.</exception>
    internal MetadataDatabase(string dataDirectory)
    {
        SQLitePCL.Batteries_V2.Init();
        _file = Path.Combine(dataDirectory, FileName);
        Writer = Open(_file, SqliteOpenMode.ReadWriteCreate, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA mmap_size=0;");
        try
        {
            MetadataSchema.Migrate(Writer, _file);
        }
        catch
        {
            Writer.Dispose();
            throw;
        }
    }

    /// <summary>The connection that writes.</summary>
    internal SqliteConnection Writer { get; }

    /// <summary>Runs queries on a connection that no one else uses meanwhile; outside of <see cref="MetadataQueries.Snapshot"/> each sees the latest commit.</summary>
    internal T Read<T>(Func<MetadataQueries, T> queries)
    {
        if (!_idle.TryTake(out var reader))
        {
            if (_closed)
            {
                throw ObjectStoreException.Closed();
            }

            reader = new Reader(Open(_file, SqliteOpenMode.ReadOnly, "PRAGMA query_only=ON; PRAGMA wal_autocheckpoint=0; PRAGMA mmap_size=0;"));
        }

        try
        {
            return queries(reader.Queries);
        }
        catch (SqliteException e)
        {
            throw DatabaseFailure(e);
        }
        finally
        {
            _idle.Add(reader);
            if (_closed)
            {
                CloseIdle();
            }
        }
    }

    /// <summary>Copies all of it, as one transaction sees it, into a new file (https://www.sqlite.org/backup.html). Writers go on meanwhile; blocks.</summary>
    /// <exception cref="SqliteException">It cannot be read, or the new file not be written.</exception>
    internal void CopyTo(string file)
    {
        using var source = Open(_file, SqliteOpenMode.ReadOnly, "PRAGMA wal_autocheckpoint=0; PRAGMA mmap_size=0;");
        using var copy = Open(file, SqliteOpenMode.ReadWriteCreate, "PRAGMA synchronous=OFF;");
        source.BackupDatabase(copy);

        // The copied header says WAL: a reader would make two more files beside it.
        using var command = copy.CreateCommand();
        command.CommandText = "PRAGMA journal_mode=DELETE;";
        command.ExecuteNonQuery();
    }

    /// <summary>What a caller learns of a database error.</summary>
    internal static ObjectStoreException DatabaseFailure(SqliteException e, bool outcomeUnknown = false) => e.SqliteErrorCode == SQLitePCL.raw.SQLITE_FULL
        ? new ObjectStoreException(ObjectStoreFault.StorageFull, "No room on the disk for metadata", e) { OutcomeUnknown = outcomeUnknown }
        : new ObjectStoreException(ObjectStoreFault.Unavailable, "The metadata cannot be read or written", e) { OutcomeUnknown = outcomeUnknown };

    /// <summary>Closes all connections, the writer last: it moves the log into the file.</summary>
    public void Dispose()
    {
        _closed = true;
        CloseIdle();
        Writer.Dispose();
    }

    private void CloseIdle()
    {
        while (_idle.TryTake(out var reader))
        {
            reader.Dispose();
        }
    }

    private static SqliteConnection Open(string file, SqliteOpenMode mode, string pragmas)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = mode, Pooling = false }.ToString());
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = pragmas;
            command.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private sealed class Reader(SqliteConnection connection) : IDisposable
    {
        internal MetadataQueries Queries { get; } = new(connection);

        public void Dispose()
        {
            Queries.Dispose();
            connection.Dispose();
        }
    }
}

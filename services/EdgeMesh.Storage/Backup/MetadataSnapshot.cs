using EdgeMesh.Storage.Bodies;
using EdgeMesh.Storage.Database;
using Microsoft.Data.Sqlite;

namespace EdgeMesh.Storage.Backup;

/// <summary>A copy of the metadata at one point in time, in a file of its own that nobody writes to.</summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class MetadataSnapshot : IDisposable
{
    private readonly SqliteConnection _connection;

    private MetadataSnapshot(SqliteConnection connection) => _connection = connection;

    /// <summary>Opens a copy.</summary>
    /// <exception cref="SqliteException">It is no database.</exception>
    internal static MetadataSnapshot Open(string file)
    {
        SQLitePCL.Batteries_V2.Init();
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA trusted_schema=OFF; PRAGMA mmap_size=0;";
            command.ExecuteNonQuery();
            return new(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Version of its tables; 0 where there are none.</summary>
    internal int SchemaVersion => MetadataSchema.VersionOf(_connection);

    /// <summary>Counts objects, bodies and the bytes of all body files.</summary>
    internal (long Objects, long Bodies, long BodyBytes) Count()
    {
        var (objects, bodies, bytes) = (0L, 0L, 0L);
        foreach (var (body, referrers) in Bodies())
        {
            objects += referrers;
            bodies++;
            bytes += body.SizeBytes + body.DigestListBytes;
        }

        return (objects, bodies, bytes);
    }

    /// <summary>Every body once, in order of id, with the number of objects that share it.</summary>
    internal IEnumerable<(StoredBody Body, long Referrers)> Bodies()
    {
        // All objects of one body have the same values: it does not matter from which of them they come.
        using var query = new Statement(
            _connection, "SELECT body_id, size_bytes, sha256, digest_list_sha256, count(*) FROM objects GROUP BY body_id ORDER BY body_id;", 0);
        using var row = query.Query();
        while (row.Read())
        {
            yield return (new StoredBody(row.GetString(0), row.GetInt64(1), row.GetFieldValue<byte[]>(2), row.GetFieldValue<byte[]>(3)), row.GetInt64(4));
        }
    }

    /// <summary>One of the objects that refer to a body, as <c>BUCKET/KEY</c>: for errors.</summary>
    internal string ObjectOf(string bodyId)
    {
        using var query = new Statement(
            _connection, "SELECT b.name || '/' || CAST(o.key AS TEXT) FROM objects o JOIN buckets b ON b.id = o.bucket_id WHERE o.body_id = $1 LIMIT 1;", 1);
        using var row = query.Query(bodyId);
        return row.Read() ? row.GetString(0) : "no object";
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();
}

using EdgeMesh.Storage.Bodies;
using EdgeMesh.Storage.Grammar;
using EdgeMesh.Storage.Log;
using EdgeMesh.V1;
using Microsoft.Data.Sqlite;

namespace EdgeMesh.Storage.Database;

/// <summary>The queries on one connection; readers and the writer have them alike.</summary>
/// <remarks>Not thread-safe: a connection has one user at a time.</remarks>
internal sealed class MetadataQueries : IDisposable
{
    private const string ObjectColumns = "o.key, o.generation, o.body_id, o.size_bytes, o.sha256, o.digest_list_sha256, o.said, o.updated";

    private readonly Statement _begin;
    private readonly Statement _end;
    private readonly Statement _findBucket;
    private readonly Statement _findObject;
    private readonly Statement _listBuckets;
    private readonly Statement _listObjects;
    private readonly Statement _bodiesBetween;
    private readonly Statement _countObjects;

    /// <summary>Names the statements.</summary>
    internal MetadataQueries(SqliteConnection connection)
    {
        _begin = new Statement(connection, "BEGIN;", 0);
        _end = new Statement(connection, "COMMIT;", 0);
        _findBucket = new Statement(connection, "SELECT id, created FROM buckets WHERE name = $1;", 1);
        _findObject = new Statement(
            connection,
            $"SELECT b.id, {ObjectColumns} FROM buckets b LEFT JOIN objects o ON o.bucket_id = b.id AND o.key = $2 WHERE b.name = $1;",
            2);
        _listBuckets = new Statement(connection, "SELECT name, created FROM buckets WHERE name >= $1 ORDER BY name LIMIT $2;", 2);
        _listObjects = new Statement(
            connection,
            $"SELECT {ObjectColumns} FROM objects o WHERE o.bucket_id = $1 AND o.key >= $2 AND o.key < $3 ORDER BY o.key LIMIT $4;",
            4);
        _countObjects = new Statement(connection, "SELECT count(*) FROM objects;", 0);
        Log = new LogQueries(connection);
        _bodiesBetween = new Statement(connection, "SELECT DISTINCT body_id FROM objects WHERE body_id >= $1 AND body_id < $2;", 2);
    }

    /// <summary>Reads the log.</summary>
    internal LogQueries Log { get; }

    /// <summary>How many rows <see cref="ListObjects"/> has read on this connection: what a listing costs.</summary>
    internal long ObjectRowsListed { get; private set; }

    /// <summary>Finds a bucket.</summary>
    /// <exception cref="ObjectStoreException"><see cref="ObjectStoreFault.BucketNotFound"/>.</exception>
    internal long BucketId(string bucket) =>
        FindBucket(bucket)?.Id ?? throw NoBucket(bucket);

    /// <summary>Looks for a bucket.</summary>
    /// <returns>Null where there is none.</returns>
    internal (long Id, long Created)? FindBucket(string bucket)
    {
        using var row = _findBucket.Query(bucket);
        return row.Read() ? (row.GetInt64(0), row.GetInt64(1)) : null;
    }

    /// <summary>Looks for an object.</summary>
    /// <returns>Its bucket's id, and the object or null.</returns>
    /// <exception cref="ObjectStoreException"><see cref="ObjectStoreFault.BucketNotFound"/>.</exception>
    internal (long BucketId, StoredObject? Object) Look(ObjectName name)
    {
        using var row = _findObject.Query(name.Bucket, name.KeyBytes);
        if (!row.Read())
        {
            throw NoBucket(name.Bucket);
        }

        return (row.GetInt64(0), row.IsDBNull(1) ? null : ReadObject(row, 1, name));
    }

    /// <summary>Finds an object.</summary>
    /// <exception cref="ObjectStoreException"><see cref="ObjectStoreFault.BucketNotFound"/>, <see cref="ObjectStoreFault.ObjectNotFound"/>.</exception>
    internal StoredObject Find(ObjectName name) =>
        Look(name).Object ?? throw new ObjectStoreException(ObjectStoreFault.ObjectNotFound, $"No object {name}");

    /// <summary>How many objects there are: a walk over an index, milliseconds for hundreds of thousands.</summary>
    internal long CountObjects()
    {
        using var row = _countObjects.Query();
        row.Read();
        return row.GetInt64(0);
    }

    /// <summary>Buckets from a name on, in order of name.</summary>
    internal List<Bucket> ListBuckets(string from, int count)
    {
        var buckets = new List<Bucket>();
        using var row = _listBuckets.Query(from, count);
        while (row.Read())
        {
            buckets.Add(new Bucket { Name = row.GetString(0), CreateTime = StoredObject.ToTimestamp(row.GetInt64(1)) });
        }

        return buckets;
    }

    /// <summary>Objects from a key on and before another, in byte order of key. The caller may stop early.</summary>
    internal IEnumerable<StoredObject> ListObjects(string bucket, long bucketId, byte[] from, byte[] before, int count)
    {
        using var row = _listObjects.Query(bucketId, from, before, count);
        while (row.Read())
        {
            ObjectRowsListed++;
            var key = row.GetFieldValue<byte[]>(0);
            yield return ReadObject(row, 0, new ObjectName(bucket, Utf8Text.Text(key), key));
        }
    }

    /// <summary>The bodies that objects refer to, from an id on and before another.</summary>
    internal HashSet<string> ReferredBodies(string from, string before)
    {
        var bodies = new HashSet<string>(StringComparer.Ordinal);
        using var row = _bodiesBetween.Query(from, before);
        while (row.Read())
        {
            bodies.Add(row.GetString(0));
        }

        return bodies;
    }

    /// <summary>Runs several queries on one state of the data.</summary>
    internal T Snapshot<T>(Func<MetadataQueries, T> queries)
    {
        _begin.Execute();
        try
        {
            return queries(this);
        }
        finally
        {
            _end.Execute();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Log.Dispose();
        foreach (var statement in (ReadOnlySpan<Statement>)[_begin, _end, _findBucket, _findObject, _listBuckets, _listObjects, _bodiesBetween])
        {
            statement.Dispose();
        }
    }

    private static StoredObject ReadObject(SqliteDataReader row, int first, ObjectName name) => new(
        name,
        (ulong)row.GetInt64(first + 1),
        new StoredBody(row.GetString(first + 2), row.GetInt64(first + 3), row.GetFieldValue<byte[]>(first + 4), row.GetFieldValue<byte[]>(first + 5)),
        row.GetFieldValue<byte[]>(first + 6),
        row.GetInt64(first + 7));

    private static ObjectStoreException NoBucket(string bucket) => new(ObjectStoreFault.BucketNotFound, $"No bucket {bucket}");
}

using EdgeMesh.Storage.Bodies;
using EdgeMesh.Storage.Grammar;
using EdgeMesh.Storage.Log;
using EdgeMesh.V1;
using Google.Protobuf;
using Microsoft.Data.Sqlite;

namespace EdgeMesh.Storage.Database;

/// <summary>What the one writer can do inside its transaction: each operation checks and writes with nothing in between.</summary>
/// <remarks>
/// Operations of one transaction see each other's writes. One that fails has written nothing: all checks come before the first write.
/// Used by the committer's thread only.
/// </remarks>
internal sealed class MetadataTransaction : IDisposable
{
    private readonly MetadataQueries _queries;
    private readonly Statement _insertBucket;
    private readonly Statement _deleteBucket;
    private readonly Statement _anyObject;
    private readonly Statement _nextGeneration;
    private readonly Statement _putObject;
    private readonly Statement _deleteObject;
    private readonly Statement _anyReference;
    private readonly HashSet<string> _abandoned = [];

    /// <summary>Names the statements.</summary>
    internal MetadataTransaction(SqliteConnection connection)
    {
        _queries = new MetadataQueries(connection);
        Log = new LogWriter(connection);
        _insertBucket = new Statement(connection, "INSERT INTO buckets (name, created) VALUES ($1, $2);", 2);
        _deleteBucket = new Statement(connection, "DELETE FROM buckets WHERE id = $1;", 1);
        _anyObject = new Statement(connection, "SELECT 1 FROM objects WHERE bucket_id = $1 LIMIT 1;", 1);
        _nextGeneration = new Statement(connection, "UPDATE sequences SET value = value + 1 WHERE name = 'generation' RETURNING value;", 0);
        _putObject = new Statement(
            connection,
            """
            INSERT INTO objects (bucket_id, key, generation, body_id, size_bytes, sha256, digest_list_sha256, said, updated)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (bucket_id, key) DO UPDATE SET
                generation = excluded.generation, body_id = excluded.body_id, size_bytes = excluded.size_bytes, sha256 = excluded.sha256,
                digest_list_sha256 = excluded.digest_list_sha256, said = excluded.said, updated = excluded.updated;
            """,
            9);
        _deleteObject = new Statement(connection, "DELETE FROM objects WHERE bucket_id = $1 AND key = $2;", 2);
        _anyReference = new Statement(connection, "SELECT 1 FROM objects WHERE body_id = $1 LIMIT 1;", 1);
    }

    /// <summary>Writes to the log.</summary>
    internal LogWriter Log { get; }

    /// <summary>Creates a bucket, or finds it.</summary>
    /// <returns>When it was created, in microseconds since 1970.</returns>
    internal long CreateBucket(string bucket, long nowMicroseconds)
    {
        if (_queries.FindBucket(bucket) is (_, var created))
        {
            return created;
        }

        _insertBucket.Execute(bucket, nowMicroseconds);
        return nowMicroseconds;
    }

    /// <summary>Deletes an empty bucket.</summary>
    internal void DeleteBucket(string bucket)
    {
        var id = _queries.BucketId(bucket);
        if (_anyObject.Number(id) is not null)
        {
            throw new ObjectStoreException(ObjectStoreFault.BucketNotEmpty, $"Bucket {bucket} has objects");
        }

        _deleteBucket.Execute(id);
    }

    /// <summary>Puts a body under a key.</summary>
    internal StoredObject Put(CheckedSpec spec, StoredBody body, byte[] said, long nowMicroseconds)
    {
        var (bucketId, current) = _queries.Look(spec.Name);
        ConditionRules.Demand(spec.Conditions, current, spec.Name);
        var generation = _nextGeneration.Number() ?? throw new InvalidOperationException("The generation sequence is missing");
        _putObject.Execute(
            bucketId, spec.Name.KeyBytes, generation, body.Id, body.SizeBytes, body.Sha256, body.DigestListSha256, said, nowMicroseconds);
        Abandon(current);
        return new StoredObject(spec.Name, (ulong)generation, body, said, nowMicroseconds);
    }

    /// <summary>Puts a source's body under another key, or the same.</summary>
    internal StoredObject Copy(CheckedCopy copy, long nowMicroseconds)
    {
        var source = _queries.Find(copy.Source);
        ConditionRules.Demand(copy.SourceConditions, source, copy.Source);
        if (copy.Destination.Sha256 is { } stated && !stated.AsSpan().SequenceEqual(source.Body.Sha256))
        {
            throw new ObjectStoreException(ObjectStoreFault.ConditionNotMet, $"SHA256 not met for {copy.Source}")
            {
                Violations = [new FieldViolation("SHA256", $"the source has {Convert.ToHexStringLower(source.Body.Sha256)}; demanded is {Convert.ToHexStringLower(stated)}")],
            };
        }

        return Put(copy.Destination, source.Body, copy.ReplaceMetadata ? copy.Destination.Said.ToByteArray() : source.Said, nowMicroseconds);
    }

    /// <summary>Deletes an object.</summary>
    /// <returns>Whether there was one.</returns>
    internal bool Delete(ObjectName name, ObjectConditions? conditions)
    {
        var (bucketId, current) = _queries.Look(name);
        ConditionRules.Demand(conditions, current, name);
        Abandon(current);
        return _deleteObject.Execute(bucketId, name.KeyBytes) > 0;
    }

    /// <summary>Names the bodies that lost a reference in this transaction and have none left, and forgets them.</summary>
    /// <returns>What may be removed once the transaction is committed: nothing can refer to them again.</returns>
    internal List<string> TakeUnreferredBodies()
    {
        var unreferred = _abandoned.Where(body => _anyReference.Number(body) is null).ToList();
        _abandoned.Clear();
        return unreferred;
    }

    /// <summary>Forgets what a rolled-back transaction did.</summary>
    internal void Forget() => _abandoned.Clear();

    /// <inheritdoc/>
    public void Dispose()
    {
        _queries.Dispose();
        Log.Dispose();
        foreach (var statement in (ReadOnlySpan<Statement>)
            [_insertBucket, _deleteBucket, _anyObject, _nextGeneration, _putObject, _deleteObject, _anyReference])
        {
            statement.Dispose();
        }
    }

    private void Abandon(StoredObject? current)
    {
        if (current is not null)
        {
            _abandoned.Add(current.Body.Id);
        }
    }
}

using System.Security.Cryptography;
using EdgeMesh.Storage.Database;
using Microsoft.Data.Sqlite;

namespace EdgeMesh.Storage.Tests;

/// <summary>Walks a closed data directory with its own eyes, not the engine's, and fails on whatever breaks an invariant.</summary>
/// <remarks>
/// Invariants: every row has its file and every file a row; nothing is left in <c>tmp</c>; a file has its content and then its digest
/// list, and all digests are right; generations are distinct and not above the sequence.
/// </remarks>
internal static class StoreChecker
{
    private sealed record Row(string Key, long Generation, string Body, long Size, byte[] Sha256, byte[] ListSha256);

    /// <summary>Checks a directory.</summary>
    /// <returns>How many objects it has.</returns>
    internal static int Check(string directory)
    {
        var (rows, sequence) = Load(directory);
        var bodies = Path.Combine(directory, "bodies");
        Assert.Empty(Directory.GetFiles(Path.Combine(bodies, "tmp")));

        var files = Directory.GetFiles(bodies, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(bodies, f)).Order();
        Assert.Equal(rows.Select(r => Path.Combine(r.Body[..2], r.Body)).Distinct().Order(), files);

        Assert.Equal(rows.Count, rows.Select(r => r.Generation).Distinct().Count());
        Assert.All(rows, r => Assert.InRange(r.Generation, 1, sequence));
        foreach (var row in rows)
        {
            CheckBody(Path.Combine(bodies, row.Body[..2], row.Body), row);
        }

        return rows.Count;
    }

    private static (List<Row> Rows, long Sequence) Load(string directory)
    {
        SQLitePCL.Batteries_V2.Init();
        using var connection = new SqliteConnection($"Data Source={Path.Combine(directory, MetadataDatabase.FileName)};Mode=ReadWrite;Pooling=False");
        connection.Open();
        using var integrity = connection.CreateCommand();
        integrity.CommandText = "PRAGMA integrity_check;";
        Assert.Equal("ok", integrity.ExecuteScalar());

        using var query = connection.CreateCommand();
        query.CommandText = "SELECT CAST(key AS TEXT), generation, body_id, size_bytes, sha256, digest_list_sha256, (SELECT value FROM sequences) FROM objects;";
        using var reader = query.ExecuteReader();
        var rows = new List<Row>();
        var sequence = 0L;
        while (reader.Read())
        {
            rows.Add(new Row(reader.GetString(0), reader.GetInt64(1), reader.GetString(2), reader.GetInt64(3), reader.GetFieldValue<byte[]>(4), reader.GetFieldValue<byte[]>(5)));
            sequence = reader.GetInt64(6);
        }

        return (rows, sequence);
    }

    private static void CheckBody(string file, Row row)
    {
        var bytes = File.ReadAllBytes(file);
        var content = bytes.AsSpan(0, (int)row.Size);
        Assert.True(SHA256.HashData(content).AsSpan().SequenceEqual(row.Sha256), $"{row.Key}: the content's digest is wrong");

        var list = bytes.AsSpan((int)row.Size);
        if (row.Size <= ObjectLimits.ChunkBytes)
        {
            Assert.True(list.IsEmpty && row.ListSha256.Length == 0, $"{row.Key}: a single chunk needs no digest list");
            return;
        }

        Assert.True(SHA256.HashData(list).AsSpan().SequenceEqual(row.ListSha256), $"{row.Key}: the digest list's digest is wrong");
        for (var at = 0; at < row.Size; at += ObjectLimits.ChunkBytes)
        {
            var chunk = content[at..(int)Math.Min(row.Size, at + ObjectLimits.ChunkBytes)];
            Assert.True(SHA256.HashData(chunk).AsSpan().SequenceEqual(list.Slice(at / ObjectLimits.ChunkBytes * 32, 32)), $"{row.Key}: the digest of the chunk at {at} is wrong");
        }
    }
}

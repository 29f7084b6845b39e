using EdgeMesh.Storage.Bodies;
using EdgeMesh.Storage.Database;
using Microsoft.Data.Sqlite;

namespace EdgeMesh.Storage.Backup;

/// <summary>Makes a data directory from an archive: all of it, proven, or nothing.</summary>
/// <remarks>
/// <code>
/// (1) lock the directory, which must be empty     (2) archive -> restoring/, every digest proven     (3) sync
/// (4) restoring/bodies, restoring/metadata.db -> their places     (5) restoring/ goes
/// </code>
/// While <c>restoring/</c> is there no store opens the directory (it would take the bodies of an unfinished restore for leftovers, and
/// remove them), and another restore begins anew. A restore that fails takes everything away that it made; one that is killed leaves
/// <c>restoring/</c>.
/// </remarks>
public static class StoreRestore
{
    private const string UnfinishedName = "restoring";

    private static readonly string[] LockNames = [DataDirectoryLock.FileName, DataDirectoryLock.HolderName];

    // What file systems put into the root of a volume.
    private static readonly string[] IgnoredNames = ["lost+found"];

    /// <summary>Restores an archive.</summary>
    /// <param name="archive">The tar file, read once; stays open.</param>
    /// <param name="directory">Empty or missing; created.</param>
    /// <param name="begun">Told what the archive says of itself, once that is known.</param>
    /// <param name="progress">Told how many bytes of bodies are restored.</param>
    /// <param name="cancellationToken">Ends it, with nothing left behind.</param>
    /// <returns>What the archive says of itself.</returns>
    /// <exception cref="DataDirectoryException">The directory is not empty, in use, or cannot be written.</exception>
    /// <exception cref="BackupArchiveException">The archive is not a whole, unaltered backup.</exception>
    public static async Task<BackupHead> RunAsync(
        Stream archive, string directory, Action<BackupHead> begun, IProgress<long> progress, CancellationToken cancellationToken)
    {
        directory = Path.GetFullPath(directory);
        var existed = Directory.Exists(directory);
        DataDirectoryLock? held = null;
        var isMine = false;
        try
        {
            // 1
            DurableFiles.CreateDirectory(directory);
            DemandEmpty(directory);
            held = DataDirectoryLock.Acquire(directory);
            DemandEmpty(directory);
            isMine = true;
            Clear(directory);

            // 2
            var unfinished = Path.Combine(directory, UnfinishedName);
            DurableFiles.CreateDirectory(unfinished);
            var head = await ExtractAsync(archive, unfinished, begun, progress, cancellationToken).ConfigureAwait(false);

            // 3, 4, 5: a name must not come before what it names, nor the end of `restoring` before the names.
            DurableFiles.SyncFileSystem(unfinished);
            Directory.Move(Path.Combine(unfinished, BodyDirectory.Name), Path.Combine(directory, BodyDirectory.Name));
            File.Move(Path.Combine(unfinished, MetadataDatabase.FileName), Path.Combine(directory, MetadataDatabase.FileName));
            DurableFiles.SyncDirectory(directory);
            Directory.Delete(unfinished);
            DurableFiles.SyncDirectory(directory);
            isMine = false;
            return head;
        }
        catch (Exception e) when (DiskFailure.Is(e))
        {
            throw new DataDirectoryException($"Data directory '{directory}' cannot be restored into: {e.Message}", e);
        }
        finally
        {
            if (isMine)
            {
                Clear(directory);
                Array.ForEach(LockNames, name => File.Delete(Path.Combine(directory, name)));
            }

            held?.Dispose();
            if (isMine && !existed)
            {
                Directory.Delete(directory);
            }
        }
    }

    /// <summary>Refuses a directory in which a restore did not come to its end.</summary>
    /// <exception cref="DataDirectoryException">It is one.</exception>
    internal static void RefuseUnfinished(string directory)
    {
        if (Directory.Exists(Path.Combine(directory, UnfinishedName)))
        {
            throw new DataDirectoryException($"Data directory '{directory}' is half restored: run edgemesh restore again");
        }
    }

    private static async Task<BackupHead> ExtractAsync(Stream archive, string unfinished, Action<BackupHead> begun, IProgress<long> progress, CancellationToken cancellationToken)
    {
        await using var reader = new ArchiveReader(archive);
        var head = BackupHead.Parse(await reader.ReadSmallAsync(BackupArchive.HeadName, cancellationToken).ConfigureAwait(false));
        begun(head);
        var metadata = Path.Combine(unfinished, MetadataDatabase.FileName);
        await ExtractAsync(reader, MetadataDatabase.FileName, metadata, [(head.MetadataBytes, DigestOf(head))], cancellationToken).ConfigureAwait(false);
        var bodies = new BodyDirectory(unfinished);
        try
        {
            using var snapshot = MetadataSnapshot.Open(metadata);
            if (snapshot.SchemaVersion > MetadataSchema.Latest)
            {
                throw new BackupArchiveException($"its metadata have schema version {snapshot.SchemaVersion}; this program knows up to {MetadataSchema.Latest}: use a later one");
            }

            var restored = 0L;
            foreach (var (body, _) in snapshot.Bodies())
            {
                (long, byte[])[] parts = body.DigestListBytes == 0
                    ? [(body.SizeBytes, body.Sha256)]
                    : [(body.SizeBytes, body.Sha256), (body.DigestListBytes, body.DigestListSha256)];
                await ExtractAsync(reader, BackupArchive.BodyName(body.Id), bodies.FinalPath(body.Id), parts, cancellationToken).ConfigureAwait(false);
                restored += body.SizeBytes + body.DigestListBytes;
                progress.Report(restored);
            }
        }
        catch (SqliteException e)
        {
            throw new BackupArchiveException("its metadata cannot be read", e);
        }

        await reader.ReadEndAsync(head.Time, cancellationToken).ConfigureAwait(false);
        MarkRestored(metadata);
        return head;
    }

    private static async Task ExtractAsync(ArchiveReader reader, string name, string path, IReadOnlyList<(long Bytes, byte[] Sha256)> parts, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, Options = FileOptions.Asynchronous });
        await reader.ReadAsync(name, file, parts, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Has the log go on with another epoch: nodes may have applied entries that came after the backup.</summary>
    private static void MarkRestored(string metadata)
    {
        try
        {
            using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = metadata, Mode = SqliteOpenMode.ReadWrite, Pooling = false }.ToString());
            connection.Open();
            using var mark = new Statement(connection, "INSERT OR REPLACE INTO sequences (name, value) VALUES ('restored', 1);", 0);
            mark.Execute();
        }
        catch (SqliteException e)
        {
            throw new DataDirectoryException($"the restored metadata cannot be written: {e.Message}", e);
        }
    }

    private static byte[] DigestOf(BackupHead head)
    {
        try
        {
            return Convert.FromHexString(head.MetadataSha256);
        }
        catch (FormatException e)
        {
            throw new BackupArchiveException($"{BackupArchive.HeadName} in it cannot be read", e);
        }
    }

    // What a killed restore left counts as nothing: it began with an empty directory.
    private static void DemandEmpty(string directory)
    {
        var isUnfinished = Directory.Exists(Path.Combine(directory, UnfinishedName));
        var names = Directory.EnumerateFileSystemEntries(directory).Select(path => Path.GetFileName(path)).Except([.. LockNames, .. IgnoredNames]);
        if (!isUnfinished && names.FirstOrDefault() is { } name)
        {
            throw new DataDirectoryException($"Data directory '{directory}' is not empty ('{name}' is in it): restore into a new one");
        }
    }

    private static void Clear(string directory)
    {
        File.Delete(Path.Combine(directory, MetadataDatabase.FileName));
        foreach (var name in (string[])[BodyDirectory.Name, UnfinishedName])
        {
            if (Directory.Exists(Path.Combine(directory, name)))
            {
                Directory.Delete(Path.Combine(directory, name), recursive: true);
            }
        }
    }
}

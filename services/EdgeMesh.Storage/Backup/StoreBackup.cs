using System.Formats.Tar;
using System.Security.Cryptography;
using EdgeMesh.Storage.Bodies;
using EdgeMesh.Storage.Database;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Storage.Backup;

/// <summary>A backup of a store that goes on working: everything that was acknowledged before it began, and nothing half-done.</summary>
/// <remarks>
/// (1) Bodies are held: none is removed from now on. (2) The metadata are copied in one read transaction: that is the point in time.
/// (3) The archive is written from the copy and the bodies that it names, which never change. (4) Disposing removes the copy and lets the
/// bodies go; a process that is killed before does so at its next start. Needs about 1 MiB of memory whatever the size, and room on the
/// data disk for the metadata once more. Not thread-safe.
/// </remarks>
public sealed class StoreBackup : IDisposable
{
    private readonly BodyDirectory _bodies;
    private readonly BodyRetention _retention;
    private readonly ILogger _logger;
    private readonly string _copyId;
    private MetadataSnapshot? _snapshot;

    private StoreBackup(BodyDirectory bodies, BodyRetention retention, ILogger logger)
    {
        _bodies = bodies;
        _retention = retention;
        _logger = logger;
        _copyId = BodyDirectory.NewId();
    }

    /// <summary>What is in it.</summary>
    public BackupHead Head { get; private set; } = null!;

    /// <summary>Takes the point in time. Blocks while the metadata are copied.</summary>
    /// <exception cref="ObjectStoreException"><see cref="ObjectStoreFault.Unavailable"/>: another backup is running; <see cref="ObjectStoreFault.StorageFull"/>.</exception>
    internal static StoreBackup Begin(string region, MetadataDatabase metadata, BodyDirectory bodies, BodyRetention retention, TimeProvider time, ILogger logger)
    {
        if (!retention.TryHold())
        {
            throw new ObjectStoreException(ObjectStoreFault.Unavailable, "Another backup is running: one at a time");
        }

        var backup = new StoreBackup(bodies, retention, logger);
        try
        {
            var copy = bodies.TemporaryPath(backup._copyId);
            var now = time.GetUtcNow();
            metadata.CopyTo(copy);
            backup._snapshot = MetadataSnapshot.Open(copy);
            var (objects, count, bytes) = backup._snapshot.Count();
            using var file = File.OpenRead(copy);
            backup.Head = new(BackupHead.CurrentFormat, region, now, objects, count, bytes, file.Length, Convert.ToHexStringLower(SHA256.HashData(file)));
            return backup;
        }
        catch (Exception e)
        {
            backup.Dispose();
            throw e switch
            {
                SqliteException database => MetadataDatabase.DatabaseFailure(database),
                _ when DiskFailure.Is(e) => DiskFailure.OfWrite(e),
                _ => e,
            };
        }
    }

    /// <summary>Writes the archive, once.</summary>
    /// <param name="write">Takes the tar file in chunks of up to 256 KiB, whose memory is used again once it completes.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Length and SHA-256, in hexadecimal, of the whole archive.</returns>
    /// <exception cref="ObjectStoreException"><see cref="ObjectStoreFault.Damaged"/>: a body is; the message names an object of it. <see cref="ObjectStoreFault.Unavailable"/>.</exception>
    public async Task<(long Bytes, string Sha256)> WriteArchiveAsync(Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> write, CancellationToken cancellationToken)
    {
        await using var chunks = new ChunkStream(write);
        await using var digest = new DigestStream(chunks);
        await using (var tar = new TarWriter(digest, TarEntryFormat.Gnu, leaveOpen: true))
        {
            await WriteAsync(tar, BackupArchive.HeadName, new MemoryStream(Head.ToJson()), cancellationToken).ConfigureAwait(false);
            var metadata = new FileStream(_bodies.TemporaryPath(_copyId), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            await WriteAsync(tar, MetadataDatabase.FileName, metadata, cancellationToken).ConfigureAwait(false);
            foreach (var (body, _) in _snapshot!.Bodies())
            {
                await WriteBodyAsync(tar, body, cancellationToken).ConfigureAwait(false);
            }

            await BackupArchive.WriteDigestAsync(tar, Head.Time, digest.Digest(), cancellationToken).ConfigureAwait(false);
        }

        await chunks.FlushAsync(cancellationToken).ConfigureAwait(false);
        return (digest.BytesPassed, digest.Digest());
    }

    /// <summary>Removes the copy of the metadata and lets bodies go.</summary>
    public void Dispose()
    {
        _snapshot?.Dispose();
        try
        {
            _bodies.RemoveTemporary(_copyId);
        }
        catch (Exception e) when (DiskFailure.Is(e))
        {
            StorageLog.BodyNotRemoved(_logger, _copyId, e);
        }

        _retention.Release();
    }

    private async Task WriteBodyAsync(TarWriter tar, StoredBody body, CancellationToken cancellationToken)
    {
        try
        {
            var reader = await BodyReader.OpenAsync(_bodies, body, cancellationToken).ConfigureAwait(false);
            await WriteAsync(tar, BackupArchive.BodyName(body.Id), new BodyFileStream(reader, body), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (DiskFailure.IsLoss(e))
        {
            // A backup without it would look whole: better none, and the name of what has to be written anew or deleted.
            StorageLog.BodyDamaged(_logger, body.Id, e);
            throw new ObjectStoreException(ObjectStoreFault.Damaged, $"The content of {_snapshot!.ObjectOf(body.Id)} is damaged on disk: write it anew or delete it, then back up again", e);
        }
        catch (Exception e) when (DiskFailure.Is(e))
        {
            throw new ObjectStoreException(ObjectStoreFault.Unavailable, $"The content of {_snapshot!.ObjectOf(body.Id)} cannot be read", e);
        }
    }

    private Task WriteAsync(TarWriter tar, string name, Stream content, CancellationToken cancellationToken) =>
        BackupArchive.WriteAsync(tar, name, Head.Time, content, cancellationToken);
}

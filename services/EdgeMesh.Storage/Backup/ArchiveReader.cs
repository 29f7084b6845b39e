using System.Buffers;
using System.Formats.Tar;
using System.Security.Cryptography;

namespace EdgeMesh.Storage.Backup;

/// <summary>Reads an archive once, from its first byte to its last, and finds whatever is not as it was written.</summary>
/// <remarks>Holds one buffer of 256 KiB. Not thread-safe.</remarks>
/// <param name="archive">The tar file; stays open.</param>
internal sealed class ArchiveReader(Stream archive) : IAsyncDisposable
{
    // Far more than a head has: what is longer is none.
    private const int MaxSmallBytes = 64 * 1024;

    private readonly DigestStream _digest = new(archive);
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(ObjectLimits.ChunkBytes);
    private TarReader? _tar;

    /// <summary>Reads the next file, which must have this name and length, and is small.</summary>
    /// <exception cref="BackupArchiveException">It is another, or the archive ends.</exception>
    internal async Task<byte[]> ReadSmallAsync(string name, CancellationToken cancellationToken)
    {
        var entry = await NextAsync(name, null, cancellationToken).ConfigureAwait(false);
        if (entry.Length > MaxSmallBytes)
        {
            throw new BackupArchiveException($"{name} in it has {entry.Length} bytes");
        }

        var content = new MemoryStream();
        await CopyAsync(entry, content, entry.Length, null, cancellationToken).ConfigureAwait(false);
        return content.ToArray();
    }

    /// <summary>Reads the next file, which must have this name and consist of these parts, into another.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="destination">Gets its content.</param>
    /// <param name="parts">Length and SHA-256 of each part, in order.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="BackupArchiveException">It is another, has another length or digest, or the archive ends.</exception>
    internal async Task ReadAsync(string name, Stream destination, IReadOnlyList<(long Bytes, byte[] Sha256)> parts, CancellationToken cancellationToken)
    {
        var entry = await NextAsync(name, parts.Sum(part => part.Bytes), cancellationToken).ConfigureAwait(false);
        foreach (var (bytes, sha256) in parts)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await CopyAsync(entry, destination, bytes, hash, cancellationToken).ConfigureAwait(false);
            if (!hash.GetCurrentHash().AsSpan().SequenceEqual(sha256))
            {
                throw new BackupArchiveException($"{name} in it has another SHA-256 than when it was written");
            }
        }
    }

    /// <summary>Reads the end: the digest of all before it, and then nothing more.</summary>
    /// <param name="time">The backup's.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="BackupArchiveException">The digest is another, something follows, or something is missing.</exception>
    internal async Task ReadEndAsync(DateTimeOffset time, CancellationToken cancellationToken)
    {
        await NextAsync(BackupArchive.DigestName, null, cancellationToken).ConfigureAwait(false);
        var expected = await BackupArchive.EndOfAsync(time, _digest.DigestBeforeLastBlock()).ConfigureAwait(false);

        // The tar reader has taken the header and nothing after it. One byte more than there should be is asked for.
        var actual = new MemoryStream();
        actual.Write(_digest.LastBlock);
        for (var count = 1; count > 0 && actual.Length <= expected.Length;)
        {
            count = await _digest.ReadAsync(_buffer.AsMemory(0, expected.Length), cancellationToken).ConfigureAwait(false);
            actual.Write(_buffer, 0, count);
        }

        if (!actual.ToArray().AsSpan().SequenceEqual(expected))
        {
            throw new BackupArchiveException("its bytes have another SHA-256 than when it was written, its end is missing, or something follows it");
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_tar is not null)
        {
            await _tar.DisposeAsync().ConfigureAwait(false);
        }

        await _digest.DisposeAsync().ConfigureAwait(false);
        ArrayPool<byte>.Shared.Return(_buffer);
    }

    private async Task<Stream> NextAsync(string name, long? bytes, CancellationToken cancellationToken)
    {
        TarEntry? entry;
        try
        {
            _tar ??= new TarReader(_digest, leaveOpen: true);
            entry = await _tar.GetNextEntryAsync(copyData: false, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or EndOfStreamException or NotSupportedException or ArgumentException)
        {
            throw new BackupArchiveException("it is no tar file, or cut", e);
        }

        if (entry is null)
        {
            throw new BackupArchiveException($"it ends before {name}");
        }

        if (entry.Name != name || entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile))
        {
            throw new BackupArchiveException($"it has \"{Excerpt(entry.Name)}\" in place of {name}");
        }

        if (bytes is not null && entry.Length != bytes)
        {
            throw new BackupArchiveException($"{name} in it has {entry.Length} bytes, not {bytes}");
        }

        return entry.DataStream ?? Stream.Null;
    }

    private async Task CopyAsync(Stream entry, Stream destination, long bytes, IncrementalHash? hash, CancellationToken cancellationToken)
    {
        while (bytes > 0)
        {
            int count;
            try
            {
                count = await entry.ReadAsync(_buffer.AsMemory(0, (int)Math.Min(_buffer.Length, bytes)), cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
            {
                throw new BackupArchiveException("it is damaged, or cut", e);
            }

            if (count == 0)
            {
                throw new BackupArchiveException("it is cut");
            }

            hash?.AppendData(_buffer, 0, count);
            await destination.WriteAsync(_buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            bytes -= count;
        }
    }

    private static string Excerpt(string name) => name.Length <= 100 ? name : name[..100];
}

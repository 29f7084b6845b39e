using System.Formats.Tar;
using System.Globalization;
using System.Text;
using EdgeMesh.Storage.Bodies;

namespace EdgeMesh.Storage.Backup;

/// <summary>The layout of a backup's archive, a tar file (GNU format; only regular files) that a stream can be written to and read from once:</summary>
/// <remarks>
/// <code>
/// edgemesh-backup.json    BackupHead
/// metadata.db             the metadata at the backup's point in time, with the digests of all bodies
/// bodies/00/ID ...        every body that the metadata refer to, in order of ID, as it lies in the data directory
/// sha256                  SHA-256, in hexadecimal, of all bytes of the archive before this file's header
/// </code>
/// Its paths are those of a data directory. Tokens are not in it: only data.
/// </remarks>
internal static class BackupArchive
{
    internal const string HeadName = "edgemesh-backup.json";
    internal const string DigestName = "sha256";

    /// <summary>Length of a tar header.</summary>
    internal const int BlockBytes = 512;

    /// <summary>A body's name in the archive.</summary>
    internal static string BodyName(string id) => string.Create(CultureInfo.InvariantCulture, $"bodies/{id[..BodyDirectory.ShardDigits]}/{id}");

    /// <summary>Writes one file.</summary>
    /// <param name="tar">Where to.</param>
    /// <param name="name">Its name.</param>
    /// <param name="time">The backup's.</param>
    /// <param name="content">Disposed of.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal static async Task WriteAsync(TarWriter tar, string name, DateTimeOffset time, Stream content, CancellationToken cancellationToken)
    {
        await using (content.ConfigureAwait(false))
        {
            var entry = new GnuTarEntry(TarEntryType.RegularFile, name)
            {
                DataStream = content,
                Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                ModificationTime = time,
            };
            await tar.WriteEntryAsync(entry, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Writes the last file.</summary>
    internal static Task WriteDigestAsync(TarWriter tar, DateTimeOffset time, string digest, CancellationToken cancellationToken) =>
        WriteAsync(tar, DigestName, time, new MemoryStream(Encoding.ASCII.GetBytes(digest)), cancellationToken);

    /// <summary>What an archive ends with, from the last file's header on: no digest covers that, so a reader compares it.</summary>
    internal static async Task<byte[]> EndOfAsync(DateTimeOffset time, string digest)
    {
        var end = new MemoryStream();
        await using (var tar = new TarWriter(end, TarEntryFormat.Gnu, leaveOpen: true))
        {
            await WriteDigestAsync(tar, time, digest, CancellationToken.None).ConfigureAwait(false);
        }

        return end.ToArray();
    }
}

/// <summary>An archive is not a whole, unaltered backup.</summary>
/// <param name="message">What is wrong with it: the part of a sentence after "the archive cannot be restored: ".</param>
/// <param name="cause">What was noticed.</param>
public sealed class BackupArchiveException(string message, Exception? cause = null)
    : Exception($"the archive cannot be restored: {message}", cause);

using System.ComponentModel;
using EdgeMesh.Storage.Backup;

namespace EdgeMesh.Node.Contracts;

/// <summary>The JSON of <c>backup</c> and <c>restore</c>.</summary>
internal sealed record BackupJson(
    [property: Description("The Region whose data it is.")] string Region,
    [property: Description("The point in time: what was acknowledged before it is in it; ISO 8601 in UTC.")] DateTimeOffset Time,
    [property: Description("How many objects.")] long Objects,
    [property: Description("Length of all body files together; objects may share one.")] long BodyBytes,
    [property: Description("Length of the archive as a tar file; null for `restore`.")] long? ArchiveBytes = null,
    [property: Description("SHA-256 of the archive as a tar file, in hexadecimal; null for `restore`.")] string? ArchiveSha256 = null)
{
    /// <summary>What an archive says of itself, as JSON.</summary>
    public static BackupJson Of(BackupHead head) => new(head.Region, head.Time, head.Objects, head.BodyBytes);
}

using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeMesh.Storage.Backup;

/// <summary>What an archive says of itself in its first file.</summary>
/// <param name="Format">Version of the archive's layout.</param>
/// <param name="Region">Name of the Region whose data it holds.</param>
/// <param name="Time">The point in time: what was acknowledged before it is in the archive.</param>
/// <param name="Objects">How many objects it holds.</param>
/// <param name="Bodies">How many body files; objects may share one.</param>
/// <param name="BodyBytes">Length of all body files together.</param>
/// <param name="MetadataBytes">Length of the metadata file.</param>
/// <param name="MetadataSha256">SHA-256 of the metadata file, in hexadecimal. Bodies are proven by the digests in it.</param>
public sealed record BackupHead(
    int Format, string Region, DateTimeOffset Time, long Objects, long Bodies, long BodyBytes, long MetadataBytes, string MetadataSha256)
{
    /// <summary>The only layout there is so far.</summary>
    internal const int CurrentFormat = 1;

    /// <summary>As the archive has it.</summary>
    internal byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, BackupHeadContext.Default.BackupHead);

    /// <summary>Reads it back.</summary>
    /// <exception cref="BackupArchiveException">It is no head, or of a later layout.</exception>
    internal static BackupHead Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            var head = JsonSerializer.Deserialize(json, BackupHeadContext.Default.BackupHead);
            return head switch
            {
                null or { Format: < 1 } or { Region: null } or { MetadataSha256: null } => throw new BackupArchiveException($"{BackupArchive.HeadName} in it says nothing"),
                { Format: > CurrentFormat } => throw new BackupArchiveException($"it has layout {head.Format}; this program knows up to {CurrentFormat}: use a later one"),
                _ => head,
            };
        }
        catch (JsonException e)
        {
            throw new BackupArchiveException($"{BackupArchive.HeadName} in it cannot be read", e);
        }
    }
}

/// <summary>Writes and reads the head without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(BackupHead))]
internal sealed partial class BackupHeadContext : JsonSerializerContext;

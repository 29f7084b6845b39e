namespace EdgeMesh.Storage.Bodies;

/// <summary>What the metadata keeps of a body file: enough to find it and to prove every byte of it.</summary>
/// <param name="Id">Its file's name: 32 hexadecimal digits, random. A file is never written again once it has its name, and several objects may share it.</param>
/// <param name="SizeBytes">Length of the content; the file is longer by its digest list.</param>
/// <param name="Sha256">SHA-256 of the content.</param>
/// <param name="DigestListSha256">SHA-256 of the digest list at the file's end; empty where the content is one chunk, whose digest is <paramref name="Sha256"/>.</param>
internal sealed record StoredBody(string Id, long SizeBytes, byte[] Sha256, byte[] DigestListSha256)
{
    /// <summary>How many chunks the content has; the last may be short, and no content has none.</summary>
    internal long ChunkCount => (SizeBytes + ObjectLimits.ChunkBytes - 1) / ObjectLimits.ChunkBytes;

    /// <summary>Length of the digest list in bytes: none for up to one chunk.</summary>
    internal int DigestListBytes => ChunkCount > 1 ? (int)ChunkCount * ObjectLimits.Sha256Bytes : 0;
}

using System.Buffers.Binary;

namespace EdgeMesh.Caching.Eviction;

/// <summary>The format in which live traffic is recorded, to try policies and capacities on later.</summary>
/// <remarks>
/// <code>
/// header   8 bytes "EMTRACE1", 8 bytes milliseconds since 1970 at which recording began
/// record   8 bytes keyed hash, 4 bytes milliseconds since recording began, 4 bytes size; one a request
/// </code>
/// All numbers are little-endian; times and sizes that do not fit are the largest that do. The hash's key is drawn anew for each file and not in it.
/// </remarks>
public static class RecordedTrace
{
    /// <summary>Bytes before the first record.</summary>
    public const int HeaderBytes = 16;

    /// <summary>Bytes of a record.</summary>
    public const int RecordBytes = 16;

    private static ReadOnlySpan<byte> Magic => "EMTRACE1"u8;

    /// <summary>Writes what a file begins with.</summary>
    /// <param name="destination">At least <see cref="HeaderBytes"/> bytes.</param>
    public static void WriteHeader(Span<byte> destination, DateTimeOffset began)
    {
        Magic.CopyTo(destination);
        BinaryPrimitives.WriteInt64LittleEndian(destination[Magic.Length..], began.ToUnixTimeMilliseconds());
    }

    /// <summary>Whether a file begins as it should.</summary>
    public static bool IsHeader(ReadOnlySpan<byte> header) => header.StartsWith(Magic);

    /// <summary>Writes a record.</summary>
    /// <param name="destination">At least <see cref="RecordBytes"/> bytes.</param>
    public static void WriteRecord(Span<byte> destination, ulong hash, TimeSpan sinceBegan, long bytes)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(destination, hash);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[8..], (uint)Math.Clamp(sinceBegan.TotalMilliseconds, 0, uint.MaxValue));
        BinaryPrimitives.WriteUInt32LittleEndian(destination[12..], (uint)Math.Clamp(bytes, 0, uint.MaxValue));
    }

    /// <summary>Reads a record.</summary>
    /// <param name="record">At least <see cref="RecordBytes"/> bytes.</param>
    public static (ulong Hash, long Bytes) ReadRecord(ReadOnlySpan<byte> record) =>
        (BinaryPrimitives.ReadUInt64LittleEndian(record), BinaryPrimitives.ReadUInt32LittleEndian(record[12..]));
}

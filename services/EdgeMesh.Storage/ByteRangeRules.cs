using EdgeMesh.Storage.Grammar;
using EdgeMesh.V1;

namespace EdgeMesh.Storage;

/// <summary>Which bytes a range means. The rules are those of RFC 9110 section 14.1.2, with a negative offset for its suffix range.</summary>
internal static class ByteRangeRules
{
    /// <summary>Notes a range that means nothing for any object.</summary>
    internal static void Check(string field, ByteRange? range, Violations violations)
    {
        if (range is null)
        {
            return;
        }

        if (range.LengthBytes < 0)
        {
            violations.Add(field + ".length_bytes", "must be 0 or more", range.LengthBytes);
        }

        if (range.OffsetBytes < 0 && range.LengthBytes != 0)
        {
            violations.Add(field + ".length_bytes", "must be 0 where the offset is negative", range.LengthBytes);
        }
    }

    /// <summary>The first byte and the count that a checked range means for a size.</summary>
    /// <exception cref="ObjectStoreException"><see cref="ObjectStoreFault.RangeNotSatisfiable"/>: no first byte. Only an empty object has none and may be read from 0.</exception>
    internal static (long Offset, long Length) Resolve(ByteRange? range, long sizeBytes)
    {
        if (range is null)
        {
            return (0, sizeBytes);
        }

        if (range.OffsetBytes < 0)
        {
            var offset = Math.Max(0, sizeBytes + range.OffsetBytes);
            return (offset, sizeBytes - offset);
        }

        if (range.OffsetBytes >= sizeBytes && range.OffsetBytes > 0)
        {
            throw new ObjectStoreException(
                ObjectStoreFault.RangeNotSatisfiable, $"range.offset_bytes: must be under the size, {sizeBytes}; is {range.OffsetBytes}");
        }

        var rest = sizeBytes - range.OffsetBytes;
        return (range.OffsetBytes, range.LengthBytes == 0 ? rest : Math.Min(range.LengthBytes, rest));
    }
}

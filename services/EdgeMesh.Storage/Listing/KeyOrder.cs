namespace EdgeMesh.Storage.Listing;

/// <summary>Byte order of keys, as <c>memcmp</c> has it.</summary>
internal static class KeyOrder
{
    // UTF-8 has no byte above 0xF4 (RFC 3629 section 3), so this is past every key.
    private static readonly byte[] PastAll = [0xFF];

    /// <summary>The first bytes past everything that begins with a prefix: a listing jumps there instead of walking through.</summary>
    /// <param name="prefix">UTF-8. Its last byte can therefore always be counted up.</param>
    internal static byte[] Past(ReadOnlySpan<byte> prefix)
    {
        if (prefix.IsEmpty)
        {
            return PastAll;
        }

        var past = prefix.ToArray();
        past[^1]++;
        return past;
    }
}

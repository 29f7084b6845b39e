using System.Text;
using EdgeMesh.Caching.Purges;

namespace EdgeMesh.Caching;

/// <summary>What an entry is.</summary>
public enum EntryKind : byte
{
    /// <summary>A whole unary answer, ready to be sent.</summary>
    Response = 1,

    /// <summary>Stands where an answer would: the answers under this key also depend on these request fields (RFC 9111 section 4.1).</summary>
    VaryMarker = 2,
}

/// <summary>How the messages of a stored answer are coded.</summary>
public enum MessageCoding : byte
{
    /// <summary>As they are.</summary>
    Identity,

    /// <summary>Those with the compressed flag by gzip (RFC 1952).</summary>
    Gzip,
}

/// <summary>Reads what lies before the frames of an entry: its lifetime, and its metadata as bytes.</summary>
/// <remarks>
/// <code>
/// kind 1 | coding 1 | flags 1 | 0 | initial fields 2 | trailers 2 | fresh until 8 | stale until 8 | stored at 8 | initial age 4 | stale while revalidate 4 | as-of 8 | mark of the method 4 | mark of the request 8 | fields
/// field: length of name 2 | length of value 4 | name | value        Latin-1, as on the wire; in the byte order of the machine
/// </code>
/// A view: valid while the bytes are. Written by <see cref="CacheEntry"/>.
/// </remarks>
public readonly ref struct EntryHead
{
    internal const int FixedBytes = 60;
    internal const int FieldBytes = sizeof(ushort) + sizeof(int);
    private const byte PublicFlag = 1;

    private readonly ReadOnlySpan<byte> _bytes;

    internal EntryHead(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>What the entry is.</summary>
    public EntryKind Kind => (EntryKind)_bytes[0];

    /// <summary>How its message is coded.</summary>
    public MessageCoding Coding => (MessageCoding)_bytes[1];

    /// <summary>Whether callers with credentials may share it.</summary>
    public bool IsPublic => (_bytes[2] & PublicFlag) != 0;

    /// <summary>The <see cref="TimeProvider"/> timestamp from which it is stale.</summary>
    public long FreshUntil => ReadFreshUntil(_bytes);

    /// <summary>The timestamp from which it must not be used at all.</summary>
    public long StaleUntil => ReadStaleUntil(_bytes);

    /// <summary>The timestamp at which it was asked for.</summary>
    public long StoredAt => BitConverter.ToInt64(_bytes[24..]);

    /// <summary>How old the answer was when it came, in whole seconds.</summary>
    public TimeSpan InitialAge => new(BitConverter.ToUInt32(_bytes[32..]) * TimeSpan.TicksPerSecond);

    /// <summary>
    /// For how long from <see cref="FreshUntil"/> it may be used at once while it is asked for anew (RFC 5861 section 3), in whole seconds; from then
    /// until <see cref="StaleUntil"/> only when asking failed.
    /// </summary>
    public TimeSpan StaleWhileRevalidate => new(BitConverter.ToUInt32(_bytes[36..]) * TimeSpan.TicksPerSecond);

    /// <summary>The purge sequence that had been applied when it was asked for.</summary>
    public long AsOf => ReadAsOf(_bytes);

    /// <summary>All fields as they are kept, counts aside: the same bytes and <see cref="FieldCounts"/> are the same metadata.</summary>
    public ReadOnlySpan<byte> FieldData => _bytes[FixedBytes..];

    /// <summary>How many fields are initial, in the lower half, and how many trailers.</summary>
    public uint FieldCounts => BitConverter.ToUInt32(_bytes[4..]);

    /// <summary>Response headers to replay; of a marker: the names of request fields, without values, in ordinal order.</summary>
    public FieldReader InitialMetadata => new(_bytes[FixedBytes..], BitConverter.ToUInt16(_bytes[4..]));

    /// <summary>Trailers to replay.</summary>
    public FieldReader Trailers
    {
        get
        {
            var initial = InitialMetadata;
            while (initial.MoveNext())
            {
            }

            return new FieldReader(initial.Rest, BitConverter.ToUInt16(_bytes[6..]));
        }
    }

    internal static long ReadFreshUntil(ReadOnlySpan<byte> head) => BitConverter.ToInt64(head[8..]);

    internal static long ReadStaleUntil(ReadOnlySpan<byte> head) => BitConverter.ToInt64(head[16..]);

    internal static long ReadAsOf(ReadOnlySpan<byte> head) => BitConverter.ToInt64(head[40..]);

    internal static EntryMarks ReadMarks(ReadOnlySpan<byte> head) => new(BitConverter.ToUInt32(head[48..]), BitConverter.ToUInt64(head[52..]));

    internal static void WriteTimes(Span<byte> head, long freshUntil, long staleUntil)
    {
        BitConverter.TryWriteBytes(head[8..], freshUntil);
        BitConverter.TryWriteBytes(head[16..], staleUntil);
    }

    internal static void WriteAsOf(Span<byte> head, long asOf) => BitConverter.TryWriteBytes(head[40..], asOf);

    internal static byte[] Write(EntryKind kind, MessageCoding coding, bool isPublic, long freshUntil, long staleUntil, long storedAt, TimeSpan initialAge, TimeSpan staleWhileRevalidate, long asOf, EntryMarks marks, ReadOnlySpan<MetadataField> initial, ReadOnlySpan<MetadataField> trailers)
    {
        var bytes = FixedBytes;
        foreach (var (name, value) in initial)
        {
            bytes += FieldBytes + name.Length + value.Length;
        }

        foreach (var (name, value) in trailers)
        {
            bytes += FieldBytes + name.Length + value.Length;
        }

        var head = new byte[bytes];
        head[0] = (byte)kind;
        head[1] = (byte)coding;
        head[2] = isPublic ? PublicFlag : (byte)0;
        BitConverter.TryWriteBytes(head.AsSpan(4), checked((ushort)initial.Length));
        BitConverter.TryWriteBytes(head.AsSpan(6), checked((ushort)trailers.Length));
        BitConverter.TryWriteBytes(head.AsSpan(8), freshUntil);
        BitConverter.TryWriteBytes(head.AsSpan(16), staleUntil);
        BitConverter.TryWriteBytes(head.AsSpan(24), storedAt);
        BitConverter.TryWriteBytes(head.AsSpan(32), (uint)Math.Ceiling(initialAge.TotalSeconds));
        BitConverter.TryWriteBytes(head.AsSpan(36), (uint)staleWhileRevalidate.TotalSeconds);
        WriteAsOf(head, asOf);
        BitConverter.TryWriteBytes(head.AsSpan(48), marks.Method);
        BitConverter.TryWriteBytes(head.AsSpan(52), marks.Request);
        var rest = head.AsSpan(FixedBytes);
        WriteFields(ref rest, initial);
        WriteFields(ref rest, trailers);
        return head;
    }

    private static void WriteFields(ref Span<byte> rest, ReadOnlySpan<MetadataField> fields)
    {
        foreach (var (name, value) in fields)
        {
            BitConverter.TryWriteBytes(rest, checked((ushort)name.Length));
            BitConverter.TryWriteBytes(rest[sizeof(ushort)..], value.Length);
            Encoding.Latin1.GetBytes(name, rest[FieldBytes..]);
            Encoding.Latin1.GetBytes(value, rest[(FieldBytes + name.Length)..]);
            rest = rest[(FieldBytes + name.Length + value.Length)..];
        }
    }
}

/// <summary>Goes over fields of metadata, in the order in which they were received.</summary>
public ref struct FieldReader
{
    private ReadOnlySpan<byte> _rest;
    private int _left;

    internal FieldReader(ReadOnlySpan<byte> bytes, int count)
    {
        _rest = bytes;
        _left = count;
    }

    /// <summary>Name of the present field, in lower case, Latin-1.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>Value of the present field, Latin-1.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>How many fields are to come.</summary>
    public readonly int Remaining => _left;

    internal readonly ReadOnlySpan<byte> Rest => _rest;

    /// <summary>Goes to the next field.</summary>
    /// <returns>False after the last.</returns>
    public bool MoveNext()
    {
        if (_left == 0)
        {
            return false;
        }

        _left--;
        var nameBytes = BitConverter.ToUInt16(_rest);
        var valueBytes = BitConverter.ToInt32(_rest[sizeof(ushort)..]);
        Name = _rest.Slice(EntryHead.FieldBytes, nameBytes);
        Value = _rest.Slice(EntryHead.FieldBytes + nameBytes, valueBytes);
        _rest = _rest[(EntryHead.FieldBytes + nameBytes + valueBytes)..];
        return true;
    }
}

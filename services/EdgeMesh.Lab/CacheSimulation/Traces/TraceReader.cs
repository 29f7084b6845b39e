using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using EdgeMesh.Caching.Eviction;

namespace EdgeMesh.Lab.CacheSimulation.Traces;

/// <summary>Reads traces of all formats from a stream of decompressed bytes.</summary>
public static class TraceReader
{
    private const int BufferBytes = 1 << 20;

    // The longest line is three numbers and what follows them.
    private const int MaxLineBytes = 64 * 1024;
    private const int MaxShownChars = 40;

    /// <summary>Reads a whole trace.</summary>
    /// <param name="progress">Told the number of requests read, now and then; null: nobody is.</param>
    /// <exception cref="TraceException">It is malformed, cut off or empty; the message has the number of the line or record, from 1.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static Trace Read(Stream stream, TraceFormat format, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        var builder = new TraceBuilder();
        var reading = new Reading(stream, builder, progress, cancellationToken);
        try
        {
            reading.ThrowIfCompressed();
            if (format == TraceFormat.TextTimeIdSize)
            {
                reading.Lines();
            }
            else if (format == TraceFormat.U32IdSize)
            {
                reading.Records(8, record => (BinaryPrimitives.ReadUInt32LittleEndian(record), BinaryPrimitives.ReadUInt32LittleEndian(record[4..])));
            }
            else if (format == TraceFormat.BigEndianInt32)
            {
                reading.Records(4, record => (BinaryPrimitives.ReadUInt32BigEndian(record), 1));
            }
            else if (format == TraceFormat.BigEndianInt64)
            {
                reading.Records(8, record => (BinaryPrimitives.ReadUInt64BigEndian(record), 1));
            }
            else
            {
                reading.OwnHeader();
                reading.Records(RecordedTrace.RecordBytes, RecordedTrace.ReadRecord);
            }
        }
        catch (InvalidDataException damaged)
        {
            throw new TraceException($"after request {builder.Count}: the compressed data is damaged or cut off", damaged);
        }

        return builder.Count > 0 ? builder.Build() : throw new TraceException("no requests in it");
    }

    // What files begin with: the .xz file format, section 2.1.1.1; RFC 1952 section 2.3.1 with deflate and no flags but a name.
    private static ReadOnlySpan<byte> XzMagic => [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0];

    private static ReadOnlySpan<byte> GzipMagic => [0x1F, 0x8B, 8];

    private delegate (ulong Id, long Size) ReadRecord(ReadOnlySpan<byte> record);

    private sealed class Reading(Stream stream, TraceBuilder builder, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        private readonly byte[] _buffer = new byte[BufferBytes];
        private int _start;
        private int _end;

        /// <summary>Compressed bytes make a senseless trace of a binary format: say so instead.</summary>
        public void ThrowIfCompressed()
        {
            Fill(XzMagic.Length);
            var beginning = _buffer.AsSpan(_start, _end - _start);
            var compression = beginning.StartsWith(XzMagic) ? "xz" : beginning.StartsWith(GzipMagic) ? "gzip" : null;
            if (compression is not null)
            {
                throw new TraceException($"this is still compressed: pipe it through {compression} -dc, or name the file {(compression == "xz" ? ".xz" : ".gz")}");
            }
        }

        public void OwnHeader()
        {
            if (!Fill(RecordedTrace.HeaderBytes) || !RecordedTrace.IsHeader(_buffer.AsSpan(_start, RecordedTrace.HeaderBytes)))
            {
                throw new TraceException("not a trace that edgemesh recorded: it does not begin as one");
            }

            _start += RecordedTrace.HeaderBytes;
        }

        public void Records(int recordBytes, ReadRecord read)
        {
            while (Fill(recordBytes))
            {
                var (id, size) = read(_buffer.AsSpan(_start, recordBytes));
                builder.Add(id, size);
                _start += recordBytes;
            }

            if (_end > _start)
            {
                throw new TraceException($"record {builder.Count + 1}: {_end - _start} bytes where a record has {recordBytes}");
            }
        }

        public void Lines()
        {
            for (var number = 1L; ; number++)
            {
                var length = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
                if (length < 0 && Fill(MaxLineBytes))
                {
                    length = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
                    if (length < 0)
                    {
                        throw new TraceException($"line {number}: longer than {MaxLineBytes} bytes");
                    }
                }

                if (length < 0)
                {
                    // Less than the longest line is left.
                    length = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
                }

                var line = _buffer.AsSpan(_start, length < 0 ? _end - _start : length);
                Line(line, number);
                _start += line.Length + (length < 0 ? 0 : 1);
                if (length < 0)
                {
                    return;
                }
            }
        }

        private void Line(ReadOnlySpan<byte> line, long number)
        {
            var rest = line;
            var time = Column(ref rest);
            if (time.IsEmpty)
            {
                return;
            }

            var id = Column(ref rest);
            var size = Column(ref rest);
            if (size.IsEmpty)
            {
                throw new TraceException($"line {number}: want three columns, time, id and size, got \"{Show(line)}\"");
            }

            if (!Utf8Parser.TryParse(time, out double _, out var used) || used != time.Length)
            {
                throw new TraceException($"line {number}: the time must be a number, got \"{Show(time)}\"");
            }

            if (!Utf8Parser.TryParse(id, out ulong idValue, out used) || used != id.Length)
            {
                throw new TraceException($"line {number}: the id must be a whole number from 0 to 2^64 - 1, got \"{Show(id)}\"");
            }

            if (!Utf8Parser.TryParse(size, out long sizeValue, out used) || used != size.Length || sizeValue is < 0 or > EvictionPolicy.MaxEntryBytes)
            {
                throw new TraceException($"line {number}: the size must be a whole number of bytes from 0 to {EvictionPolicy.MaxEntryBytes}, got \"{Show(size)}\"");
            }

            builder.Add(idValue, sizeValue);
        }

        /// <summary>Takes the next column off a line; empty when there is none.</summary>
        private static ReadOnlySpan<byte> Column(ref ReadOnlySpan<byte> line)
        {
            var separators = " \t,\r"u8;
            line = line.TrimStart(separators);
            var length = line.IndexOfAny(separators);
            var column = length < 0 ? line : line[..length];
            line = line[column.Length..];
            return column;
        }

        private static string Show(ReadOnlySpan<byte> text)
        {
            var shown = Encoding.UTF8.GetString(text[..Math.Min(text.Length, MaxShownChars)]);
            return string.Concat(shown.Select(c => char.IsControl(c) || c == '\uFFFD' ? '?' : c)) + (text.Length > MaxShownChars ? "..." : string.Empty);
        }

        /// <summary>Reads until there are so many bytes, or no more to come.</summary>
        private bool Fill(int bytes)
        {
            if (_end - _start >= bytes)
            {
                return true;
            }

            cancellationToken.ThrowIfCancellationRequested();
            progress?.Report(builder.Count);
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
            while (_end < _buffer.Length)
            {
                var read = stream.Read(_buffer, _end, _buffer.Length - _end);
                _end += read;
                if (read == 0 || (_end >= bytes && _end >= _buffer.Length / 2))
                {
                    break;
                }
            }

            return _end >= bytes;
        }
    }
}

using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using EdgeMesh.Benchmarks.Peers;

namespace EdgeMesh.Benchmarks.Load;

/// <summary>One HTTP/2 connection that sends the same request over and over, and times each answer's end.</summary>
/// <remarks>
/// RFC 9113, as much of it as one side needs that knows what it sends: header blocks are coded once, and those received are
/// not decoded. It keeps to the peer's limits of streams and of its connection's window; calls beyond them wait here, and
/// their time counts. Owned by one thread; nothing blocks.
/// </remarks>
internal sealed class SteadyConnection : IDisposable
{
    private const int FrameHeaderBytes = 9;
    private const int DefaultWindowBytes = 65_535;
    private const byte DataType = 0x0;
    private const byte HeadersType = 0x1;
    private const byte ResetType = 0x3;
    private const byte SettingsType = 0x4;
    private const byte PingType = 0x6;
    private const byte GoAwayType = 0x7;
    private const byte WindowUpdateType = 0x8;
    private const byte EndStreamFlag = 0x1;
    private const byte AckFlag = 0x1;
    private const byte EndHeadersFlag = 0x4;
    private const int MaxStreamsSetting = 0x3;
    private const int InitialWindowSetting = 0x4;

    // What received content may amount to before the peer is told that there is room again.
    private const int WindowStepBytes = 1 << 28;

    // A power of two beyond any number of streams in flight: a stream's slot is free when its number comes round again.
    private const int Slots = 1 << 16;

    private readonly Socket _socket;
    private readonly byte[] _request;
    private readonly int _bodyBytes;
    private readonly Action<int, long> _answered;
    private readonly Queue<(int Call, long Due)> _waiting = new();
    private readonly (int Call, long Due)[] _inFlight = new (int, long)[Slots];
    private readonly byte[] _input = new byte[256 * 1024];
    private byte[] _output = new byte[256 * 1024];
    private int _outputBytes;
    private int _inputBytes;
    private int _skipBytes;
    private int _streams;
    private int _maxStreams = 100;
    private long _sendWindow = DefaultWindowBytes;
    private long _unacknowledged;
    private uint _nextStream = 1;

    /// <summary>Connects.</summary>
    /// <param name="url">What to ask for.</param>
    /// <param name="body">A POST's body with gRPC's headers; null: a GET.</param>
    /// <param name="answered">Gets a call's number and its latency in <see cref="Stopwatch"/> ticks.</param>
    public SteadyConnection(Uri url, byte[]? body, Action<int, long> answered)
    {
        _answered = answered;
        _bodyBytes = body?.Length ?? 0;
        _request = MakeRequest(url, body);
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _socket.Connect(url.Host, url.Port);
        _socket.Blocking = false;
        Write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        Span<byte> window = stackalloc byte[6];
        BinaryPrimitives.WriteUInt16BigEndian(window, InitialWindowSetting);
        BinaryPrimitives.WriteInt32BigEndian(window[2..], int.MaxValue);
        WriteFrame(SettingsType, 0, 0, window);
        WriteWindowUpdate(int.MaxValue - DefaultWindowBytes);
    }

    /// <summary>Bytes of content received.</summary>
    public long ContentBytes { get; private set; }

    /// <summary>Adds a call that is due.</summary>
    public void Add(int call, long due) => _waiting.Enqueue((call, due));

    /// <summary>The socket, to wait for.</summary>
    public int Descriptor => (int)_socket.Handle;

    /// <summary>Whether something could not be sent yet.</summary>
    public bool HasOutput => _outputBytes > 0;

    /// <summary>Takes what has come and sends what may be sent.</summary>
    /// <exception cref="BenchmarkException">The peer refused or ended something.</exception>
    public void Turn()
    {
        while (Receive())
        {
            // More may have come meanwhile.
        }

        while (_streams < _maxStreams && _sendWindow >= _bodyBytes && _waiting.TryDequeue(out var call))
        {
            var at = _outputBytes;
            Write(_request);
            BinaryPrimitives.WriteUInt32BigEndian(_output.AsSpan(at + 5), _nextStream);
            if (_bodyBytes > 0)
            {
                BinaryPrimitives.WriteUInt32BigEndian(_output.AsSpan(_outputBytes - _bodyBytes - 4), _nextStream);
            }

            _inFlight[(_nextStream >> 1) & (Slots - 1)] = call;
            _nextStream += 2;
            _streams++;
            _sendWindow -= _bodyBytes;
        }

        Send();
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private void Send()
    {
        if (_outputBytes == 0)
        {
            return;
        }

        var sent = _socket.Send(_output.AsSpan(0, _outputBytes), SocketFlags.None, out var error);
        if (error is not (SocketError.Success or SocketError.WouldBlock))
        {
            throw new BenchmarkException($"The connection broke: {error}");
        }

        _output.AsSpan(sent, _outputBytes - sent).CopyTo(_output);
        _outputBytes -= sent;
    }

    /// <returns>Whether the buffer was filled, so that there may be more.</returns>
    private bool Receive()
    {
        var received = _socket.Receive(_input.AsSpan(_inputBytes), SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock)
        {
            return false;
        }

        if (error != SocketError.Success || received == 0)
        {
            throw new BenchmarkException($"The server ended the connection: {error}");
        }

        _inputBytes += received;
        var isFull = _inputBytes == _input.Length;
        var rest = _input.AsSpan(0, _inputBytes);
        while (true)
        {
            var skipped = Math.Min(_skipBytes, rest.Length);
            _skipBytes -= skipped;
            rest = rest[skipped..];
            if (rest.Length < FrameHeaderBytes || !TryTakeFrame(ref rest))
            {
                break;
            }
        }

        rest.CopyTo(_input);
        _inputBytes = rest.Length;
        return isFull;
    }

    /// <summary>Takes a frame's header, and its content where that matters.</summary>
    /// <returns>False when more has to come first.</returns>
    private bool TryTakeFrame(ref Span<byte> rest)
    {
        var length = (rest[0] << 16) | (rest[1] << 8) | rest[2];
        var type = rest[3];
        var flags = rest[4];
        var stream = BinaryPrimitives.ReadUInt32BigEndian(rest[5..]) & int.MaxValue;
        if (type is DataType or HeadersType)
        {
            // Content is not looked at: it is left out as it comes.
            rest = rest[FrameHeaderBytes..];
            _skipBytes = length;
            if (type == DataType)
            {
                Count(length);
            }

            if ((flags & EndStreamFlag) != 0)
            {
                var (call, due) = _inFlight[(stream >> 1) & (Slots - 1)];
                _streams--;
                _answered(call, Stopwatch.GetTimestamp() - due);
            }

            return true;
        }

        if (rest.Length < FrameHeaderBytes + length)
        {
            return false;
        }

        var payload = rest.Slice(FrameHeaderBytes, length);
        rest = rest[(FrameHeaderBytes + length)..];
        switch (type)
        {
            case SettingsType when (flags & AckFlag) == 0:
                for (; payload.Length >= 6; payload = payload[6..])
                {
                    if (BinaryPrimitives.ReadUInt16BigEndian(payload) == MaxStreamsSetting)
                    {
                        _maxStreams = (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(payload[2..]), Slots / 2);
                    }
                }

                WriteFrame(SettingsType, AckFlag, 0, default);
                break;
            case PingType when (flags & AckFlag) == 0:
                WriteFrame(PingType, AckFlag, 0, payload);
                break;
            case WindowUpdateType when stream == 0:
                _sendWindow += BinaryPrimitives.ReadUInt32BigEndian(payload);
                break;
            case ResetType:
            case GoAwayType:
                throw new BenchmarkException($"The server sent frame type {type}, error code {BinaryPrimitives.ReadUInt32BigEndian(payload[^4..])}, for stream {stream}.");
        }

        return true;
    }

    private void Count(int contentBytes)
    {
        ContentBytes += contentBytes;
        _unacknowledged += contentBytes;
        if (_unacknowledged >= WindowStepBytes)
        {
            WriteWindowUpdate((int)_unacknowledged);
            _unacknowledged = 0;
        }
    }

    private void WriteWindowUpdate(int bytes)
    {
        Span<byte> payload = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(payload, bytes);
        WriteFrame(WindowUpdateType, 0, 0, payload);
    }

    private void WriteFrame(byte type, byte flags, uint stream, ReadOnlySpan<byte> payload)
    {
        Write(Frame(type, flags, stream, payload));
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        if (_output.Length - _outputBytes < bytes.Length)
        {
            Array.Resize(ref _output, (2 * _output.Length) + bytes.Length);
        }

        bytes.CopyTo(_output.AsSpan(_outputBytes));
        _outputBytes += bytes.Length;
    }

    /// <summary>HEADERS, and DATA for a body, of stream 0: the number is put in later.</summary>
    private static byte[] MakeRequest(Uri url, byte[]? body)
    {
        // RFC 7541: indexed :method and :scheme, the rest as literals that nobody remembers.
        const byte Get = 0x82;
        const byte Post = 0x83;
        const byte Http = 0x86;
        List<byte> block = [body is null ? Get : Post, Http];
        AddLiteral([0x04], url.AbsolutePath);
        AddLiteral([0x01], url.Authority);
        if (body is null)
        {
            return Frame(HeadersType, EndHeadersFlag | EndStreamFlag, 0, [.. block]);
        }

        AddLiteral([0x0f, 0x10], "application/grpc");
        AddLiteral([0x00, 0x02, (byte)'t', (byte)'e'], "trailers");
        return [.. Frame(HeadersType, EndHeadersFlag, 0, [.. block]), .. Frame(DataType, EndStreamFlag, 0, body)];

        void AddLiteral(ReadOnlySpan<byte> name, string value)
        {
            block.AddRange(name);
            block.Add(checked((byte)value.Length));
            block.AddRange(Encoding.ASCII.GetBytes(value));
        }
    }

    private static byte[] Frame(byte type, byte flags, uint stream, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[FrameHeaderBytes + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(FrameHeaderBytes));
        return frame;
    }
}

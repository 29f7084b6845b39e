using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EdgeMesh.Scenarios.Hostile;

/// <summary>Types of HTTP/2 frames (RFC 9113 section 6).</summary>
internal enum FrameType : byte
{
    Data = 0,
    Headers = 1,
    Priority = 2,
    RstStream = 3,
    Settings = 4,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 8,
    Continuation = 9,
}

/// <summary>A client of HTTP/2 that sends any frame it is told to, in any order; reads only when asked.</summary>
/// <remarks>Not thread-safe but for one reader beside one writer.</remarks>
internal sealed class Http2Peer : IDisposable
{
    public const byte EndStream = 0x1;
    public const byte EndHeaders = 0x4;

    private const int FrameHeaderBytes = 9;
    private static readonly byte[] Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();

    private readonly Socket _socket;

    private Http2Peer(Socket socket) => _socket = socket;

    /// <summary>Whether the other side has closed the connection.</summary>
    public bool IsClosed
    {
        get
        {
            try
            {
                return _socket.Poll(0, SelectMode.SelectRead) && _socket.Available == 0;
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
            {
                return true;
            }
        }
    }

    /// <summary>Opens a connection and does nothing else.</summary>
    public static async Task<Http2Peer> ConnectAsync(Uri node)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, node.Port));
        return new Http2Peer(socket);
    }

    /// <summary>Opens a connection of HTTP/2 whose streams may be sent <paramref name="streamWindowBytes"/> each.</summary>
    public static async Task<Http2Peer> StartAsync(Uri node, uint streamWindowBytes = 65535)
    {
        var peer = await ConnectAsync(node);
        var window = new byte[6];
        BinaryPrimitives.WriteUInt16BigEndian(window, 4); // SETTINGS_INITIAL_WINDOW_SIZE
        BinaryPrimitives.WriteUInt32BigEndian(window.AsSpan(2), streamWindowBytes);
        await peer.SendAsync((byte[])[.. Preface, .. Frame(FrameType.Settings, 0, 0, window)]);
        return peer;
    }

    /// <summary>One frame; the length is that of the payload unless another is claimed.</summary>
    public static byte[] Frame(FrameType type, byte flags, int stream, ReadOnlySpan<byte> payload, int? claimedLength = null)
    {
        var frame = new byte[FrameHeaderBytes + payload.Length];
        var length = claimedLength ?? payload.Length;
        frame[0] = (byte)(length >> 16);
        frame[1] = (byte)(length >> 8);
        frame[2] = (byte)length;
        frame[3] = (byte)type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(FrameHeaderBytes));
        return frame;
    }

    /// <summary>A header block of literal fields (RFC 7541 section 6.2.2), none of them indexed or Huffman-coded.</summary>
    public static byte[] Block(params IEnumerable<(string Name, string Value)> fields)
    {
        var block = new List<byte>();
        foreach (var (name, value) in fields)
        {
            block.Add(0);
            AddText(block, name);
            AddText(block, value);
        }

        return [.. block];
    }

    /// <summary>The fields with which a gRPC call begins.</summary>
    public static IEnumerable<(string Name, string Value)> Call(string path) =>
    [
        (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "localhost"),
        ("content-type", "application/grpc"), ("te", "trailers"),
    ];

    /// <summary>Sends bytes.</summary>
    /// <returns>False when the connection is gone.</returns>
    public async Task<bool> SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            // A send that need not wait would keep its thread from the callers whose waits are measured.
            await Task.Yield();
            while (!bytes.IsEmpty)
            {
                bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None)..];
            }

            return true;
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Reads and forgets until the connection ends or this is disposed of.</summary>
    public async Task<long> DrainAsync()
    {
        var buffer = new byte[64 * 1024];
        var total = 0L;
        try
        {
            while (await _socket.ReceiveAsync(buffer.AsMemory(), SocketFlags.None) is var read and > 0)
            {
                total += read;
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // Reset, or closed on this side: what came before counts.
        }

        return total;
    }

    public void Dispose() => _socket.Dispose();

    private static void AddText(List<byte> block, string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        var length = bytes.Length;

        // RFC 7541 section 5.1: an integer with a prefix of 7 bits.
        if (length < 127)
        {
            block.Add((byte)length);
        }
        else
        {
            block.Add(127);
            for (length -= 127; length >= 128; length >>= 7)
            {
                block.Add((byte)(length | 0x80));
            }

            block.Add((byte)length);
        }

        block.AddRange(bytes);
    }
}

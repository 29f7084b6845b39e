using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using EdgeMesh.Testing;

namespace EdgeMesh.GrpcStack.Tests.Server;

/// <summary>An HTTP/2 connection written frame by frame, for requests that HttpClient would change: it joins repeated headers.</summary>
internal sealed class BareConnection : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly FrameRecorder _stream;

    private BareConnection(Uri address)
    {
        _socket.Connect(address.Host, address.Port);
        _stream = new FrameRecorder(new NetworkStream(_socket, ownsSocket: true));
    }

    /// <summary>Sends one whole request as stream 1 and waits for the end of its answer.</summary>
    /// <returns>The frames of the answer.</returns>
    public static async Task<IReadOnlyList<RecordedFrame>> RequestAsync(Uri address, string path, IEnumerable<(string Name, string Value)> headers, byte[] body)
    {
        using var connection = new BareConnection(address);
        var block = new List<byte>();
        foreach (var (name, value) in headers.Prepend(("te", "trailers")).Prepend(("content-type", "application/grpc"))
            .Prepend((":path", path)).Prepend((":authority", address.Authority)).Prepend((":scheme", "http")).Prepend((":method", "POST")))
        {
            AddLiteral(block, name, value);
        }

        await connection._stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await connection.SendAsync(FrameType.Settings, 0, 0, []);
        await connection.SendAsync(FrameType.Headers, 0x4, 1, [.. block]);
        await connection.SendAsync(FrameType.Data, 0x1, 1, body);
        return await connection.ReadAnswerAsync().WaitAsync(TestDeadline.Default);
    }

    public void Dispose() => _stream.Dispose();

    /// <summary>Literal header field without indexing, new name, no Huffman coding (RFC 7541 section 6.2.2); shorter than 127 bytes each.</summary>
    private static void AddLiteral(List<byte> block, string name, string value)
    {
        block.Add(0);
        block.Add((byte)name.Length);
        block.AddRange(Encoding.ASCII.GetBytes(name));
        block.Add((byte)value.Length);
        block.AddRange(Encoding.ASCII.GetBytes(value));
    }

    private async Task SendAsync(FrameType type, byte flags, uint streamId, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        frame[0] = (byte)(payload.Length >> 16);
        frame[1] = (byte)(payload.Length >> 8);
        frame[2] = (byte)payload.Length;
        frame[3] = (byte)type;
        frame[4] = flags;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(5), streamId);
        payload.CopyTo(frame, 9);
        await _stream.WriteAsync(frame);
    }

    private async Task<IReadOnlyList<RecordedFrame>> ReadAnswerAsync()
    {
        var buffer = new byte[4096];
        while (true)
        {
            var frames = _stream.StreamFrames();
            if (frames.Any(frame => frame.EndStream || frame.Type == FrameType.RstStream))
            {
                return frames;
            }

            Assert.NotEqual(0, await _stream.ReadAsync(buffer));
        }
    }
}

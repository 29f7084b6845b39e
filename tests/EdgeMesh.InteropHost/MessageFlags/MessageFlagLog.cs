using System.Buffers.Binary;
using System.Collections.Concurrent;

namespace EdgeMesh.InteropHost.MessageFlags;

/// <summary>
/// The compressed flags of the messages of one direction of a call, in order. No gRPC API shows them, so they are
/// read off the bytes: <see cref="MessageFlagStream"/> feeds this log while the stack reads the same bytes.
/// </summary>
/// <remarks>
/// A message is a flag byte, a big-endian 32-bit length and that many bytes. One thread may feed the log while another
/// takes from it: a message's flag is always there before the stack hands out the message.
/// </remarks>
internal sealed class MessageFlagLog
{
    private const int HeaderSize = 5;

    private readonly ConcurrentQueue<bool> _flags = new();
    private readonly byte[] _header = new byte[HeaderSize];
    private int _headerBytes;
    private long _bodyBytesLeft;

    /// <summary>Takes the flag of the next message: call once for each message received.</summary>
    /// <exception cref="InvalidOperationException">No further message has passed.</exception>
    public bool TakeIsCompressed() =>
        _flags.TryDequeue(out var isCompressed) ? isCompressed : throw new InvalidOperationException("no message has passed whose flag was not taken");

    /// <summary>Follows the next bytes of the stream.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_bodyBytesLeft > 0)
            {
                var skipped = (int)Math.Min(_bodyBytesLeft, bytes.Length);
                _bodyBytesLeft -= skipped;
                bytes = bytes[skipped..];
                continue;
            }

            var taken = Math.Min(HeaderSize - _headerBytes, bytes.Length);
            bytes[..taken].CopyTo(_header.AsSpan(_headerBytes));
            _headerBytes += taken;
            bytes = bytes[taken..];
            if (_headerBytes == HeaderSize)
            {
                _headerBytes = 0;
                _bodyBytesLeft = BinaryPrimitives.ReadUInt32BigEndian(_header.AsSpan(1));
                _flags.Enqueue(_header[0] == 1);
            }
        }
    }
}

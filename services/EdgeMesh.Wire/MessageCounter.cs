using System.Buffers;

namespace EdgeMesh.Wire;

/// <summary>Follows a stream of length-prefixed messages without keeping them, and counts them.</summary>
/// <remarks>A mutable struct owned by whoever reads the stream; allocates nothing.</remarks>
public struct MessageCounter
{
    private uint _lengthPrefix;
    private int _headerBytes;
    private uint _missingBytes;

    /// <summary>Messages that have begun, whole ones included.</summary>
    public long Begun { get; private set; }

    /// <summary>Messages that are whole.</summary>
    public long Complete { get; private set; }

    /// <summary>Whether what was seen so far ends with a whole message, or is nothing.</summary>
    public readonly bool IsAtBoundary => Begun == Complete;

    /// <summary>Follows the next bytes of the stream.</summary>
    public void Add(in ReadOnlySequence<byte> bytes)
    {
        foreach (var segment in bytes)
        {
            Add(segment.Span);
        }
    }

    /// <summary>Follows the next bytes of the stream.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_missingBytes > 0)
            {
                var taken = (int)Math.Min(_missingBytes, (uint)bytes.Length);
                _missingBytes -= (uint)taken;
                bytes = bytes[taken..];
                if (_missingBytes == 0)
                {
                    Complete++;
                }

                continue;
            }

            if (_headerBytes == 0)
            {
                Begun++;
                _lengthPrefix = 0;
            }
            else
            {
                _lengthPrefix = (_lengthPrefix << 8) | bytes[0];
            }

            bytes = bytes[1..];
            if (++_headerBytes == MessageFrame.HeaderSize)
            {
                _headerBytes = 0;
                _missingBytes = _lengthPrefix;
                if (_missingBytes == 0)
                {
                    Complete++;
                }
            }
        }
    }
}

using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a marshaller writes a message: either all at once, or into a buffer writer.</summary>
public abstract class SerializationContext
{
    /// <summary>Gives the whole message and ends serialization.</summary>
    public virtual void Complete(byte[] payload) => throw Unsupported();

    /// <summary>Says the message's length before the first byte is written.</summary>
    public virtual void SetPayloadLength(int payloadLength) => throw Unsupported();

    /// <summary>Where to write the message. After the length, if that is said.</summary>
    public virtual IBufferWriter<byte> GetBufferWriter() => throw Unsupported();

    /// <summary>Ends serialization into the buffer writer.</summary>
    public virtual void Complete() => throw Unsupported();

    private static NotSupportedException Unsupported() => new("This serialization context does not support the member.");
}

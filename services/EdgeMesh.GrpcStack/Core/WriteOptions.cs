namespace Grpc.Core;

/// <summary>How a message is written. Any combination.</summary>
[Flags]
public enum WriteFlags
{
    /// <summary>More follows soon: no need to flush.</summary>
    BufferHint = 0x1,

    /// <summary>Send this message uncompressed even if the call compresses.</summary>
    NoCompress = 0x2,
}

/// <summary>How messages of a call, or the next ones of a stream, are written. Immutable.</summary>
public class WriteOptions
{
    /// <summary>No flags.</summary>
    public static readonly WriteOptions Default = new();

    /// <summary>Options with flags.</summary>
    public WriteOptions(WriteFlags flags = default) => Flags = flags;

    /// <summary>The flags.</summary>
    public WriteFlags Flags { get; }
}

namespace EdgeMesh.Introspection;

/// <summary>One scalar as it lies on the wire: up to 64 bits, or bytes.</summary>
internal readonly record struct WireScalar(WireType Type, ulong Bits, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Whether it is what an absent field without presence means. Minus zero is not.</summary>
    public bool IsDefault => Bits == 0 && Bytes.IsEmpty;

    public void WriteTo(WireWriter writer)
    {
        switch (Type)
        {
            case WireType.Varint:
                writer.Varint(Bits);
                break;
            case WireType.Fixed32:
                writer.Fixed32((uint)Bits);
                break;
            case WireType.Fixed64:
                writer.Fixed64(Bits);
                break;
            default:
                writer.Bytes(Bytes.Span);
                break;
        }
    }
}

using EdgeMesh.Wire;
using Grpc.Core;

namespace EdgeMesh.GrpcStack.Messages;

/// <summary>Metadata entries to header fields and back.</summary>
/// <remarks>gRPC over HTTP2, "Custom-Metadata".</remarks>
internal static class WireMetadata
{
    /// <summary>Adds what one received header field says: one text value, or the binary values that it joins with commas.</summary>
    /// <returns>False when a binary value is not base64. Those before it have been added.</returns>
    public static bool TryAdd(Metadata metadata, string name, string value)
    {
        if (!MetadataRules.IsBinary(name))
        {
            metadata.Add(Metadata.Entry.FromWire(name, value));
            return true;
        }

        foreach (var range in value.AsSpan().Split(','))
        {
            if (!MetadataRules.TryDecodeBinary(value.AsSpan(range), out var bytes))
            {
                return false;
            }

            metadata.Add(Metadata.Entry.FromWire(name, bytes));
        }

        return true;
    }

    /// <summary>The field value that an entry is sent as.</summary>
    /// <returns>False when a text value has a character that cannot be sent.</returns>
    public static bool TryFormat(Metadata.Entry entry, out string value)
    {
        value = entry.IsBinary ? MetadataRules.EncodeBinary(entry.BinaryValue) : entry.Value;
        return entry.IsBinary || MetadataRules.IsValidAsciiValue(value);
    }
}

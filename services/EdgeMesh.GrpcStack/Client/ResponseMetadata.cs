using System.Net.Http.Headers;
using EdgeMesh.Wire;
using Grpc.Core;

namespace EdgeMesh.GrpcStack.Client;

/// <summary>From HTTP headers or trailers to metadata.</summary>
/// <remarks>gRPC over HTTP2, "Responses" and "Custom-Metadata".</remarks>
internal static class ResponseMetadata
{
    /// <summary>Reads all entries but those that the protocol keeps to itself.</summary>
    /// <returns>Entries in the order received, frozen. A binary header's values may have been joined with commas on the way.</returns>
    /// <exception cref="RpcException">INTERNAL: a binary value is not base64.</exception>
    public static Metadata Read(HttpHeaders headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers.NonValidated)
        {
            if (IsOwn(name))
            {
                continue;
            }

            foreach (var value in values)
            {
                if (MetadataRules.IsBinary(name))
                {
                    AddBinary(metadata, name, value);
                }
                else
                {
                    metadata.Add(Metadata.Entry.FromWire(name, value));
                }
            }
        }

        return metadata.Freeze();
    }

    /// <summary>The coding of compressed responses, or null.</summary>
    public static string? Coding(HttpHeaders headers) =>
        headers.NonValidated.TryGetValues(HeaderNames.GrpcEncoding, out var values) ? values.ToString() : null;

    private static bool IsOwn(string name) => name.ToLowerInvariant() is
        HeaderNames.GrpcStatus or HeaderNames.GrpcMessage or HeaderNames.GrpcEncoding or HeaderNames.GrpcAcceptEncoding;

    private static void AddBinary(Metadata metadata, string name, string joined)
    {
        foreach (var part in joined.Split(','))
        {
            if (!MetadataRules.TryDecodeBinary(part, out var bytes))
            {
                throw new RpcException(new Status(StatusCode.Internal, $"Bad gRPC response. The value of '{name}' is not base64."));
            }

            metadata.Add(Metadata.Entry.FromWire(name, bytes));
        }
    }
}

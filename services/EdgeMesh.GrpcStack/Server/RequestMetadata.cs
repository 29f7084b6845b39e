using EdgeMesh.GrpcStack.Messages;
using EdgeMesh.Wire;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace EdgeMesh.GrpcStack.Server;

/// <summary>Request headers as metadata.</summary>
internal static class RequestMetadata
{
    /// <summary>Everything but what gRPC and HTTP/2 themselves use, in order per name, frozen.</summary>
    /// <exception cref="RpcException">INTERNAL: a binary value is not base64.</exception>
    public static Metadata Read(IHeaderDictionary headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers)
        {
            if (IsReserved(name))
            {
                continue;
            }

            foreach (var value in values)
            {
                if (!WireMetadata.TryAdd(metadata, name, value ?? ""))
                {
                    throw new RpcException(new Status(StatusCode.Internal, $"The value of the request header '{name}' is not base64."));
                }
            }
        }

        return metadata.Freeze();
    }

    private static bool IsReserved(string name) => name.Length == 0 || (name[0] | 0x20) switch
    {
        ':' | 0x20 => true,
        'a' => Is(name, "accept-encoding"),
        'c' => Is(name, HeaderNames.ContentType) || Is(name, "content-length"),
        'g' => Is(name, HeaderNames.GrpcTimeout) || Is(name, HeaderNames.GrpcEncoding) || Is(name, HeaderNames.GrpcAcceptEncoding),
        'h' => Is(name, "host"),
        't' => Is(name, HeaderNames.Te),
        _ => false,
    };

    private static bool Is(string name, string reserved) => name.Equals(reserved, StringComparison.OrdinalIgnoreCase);
}

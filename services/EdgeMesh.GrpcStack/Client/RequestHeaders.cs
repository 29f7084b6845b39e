using System.Net.Http.Headers;
using System.Reflection;
using EdgeMesh.GrpcStack.Messages;
using EdgeMesh.Wire;
using Grpc.Core;
using Grpc.Net.Compression;

namespace EdgeMesh.GrpcStack.Client;

/// <summary>The headers of a request: what the protocol says, and the caller's metadata.</summary>
/// <remarks>
/// gRPC over HTTP2, "Requests". The transport joins the values of a repeated name with commas. Receivers must split binary
/// values there; for text values, it is what a list is in HTTP (RFC 9110 section 5.3).
/// </remarks>
internal static class RequestHeaders
{
    private static readonly string UserAgent =
        $"grpc-dotnet-edgemesh/{typeof(RequestHeaders).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0]}";

    /// <summary>Writes all headers but those of the content.</summary>
    /// <returns>The coding that the metadata chooses for requests, or null.</returns>
    /// <exception cref="RpcException">INTERNAL: a text value is not printable ASCII, or the coding is not known.</exception>
    public static ICompressionProvider? Write(HttpRequestHeaders headers, Metadata? metadata, TimeSpan? timeout, MessageCodings codings)
    {
        headers.TryAddWithoutValidation(HeaderNames.Te, "trailers");
        headers.TryAddWithoutValidation("user-agent", UserAgent);
        headers.TryAddWithoutValidation(HeaderNames.GrpcAcceptEncoding, codings.AcceptEncoding);
        if (timeout is { } left)
        {
            headers.TryAddWithoutValidation(HeaderNames.GrpcTimeout, GrpcTimeout.Format(left));
        }

        ICompressionProvider? compression = null;
        foreach (var entry in metadata ?? Metadata.Empty)
        {
            if (entry.Key == Metadata.CompressionRequestAlgorithmHeader)
            {
                headers.TryAddWithoutValidation(HeaderNames.GrpcEncoding, entry.Value);
                compression = Find(codings, entry.Value);
            }
            else if (!IsOwn(entry.Key))
            {
                headers.TryAddWithoutValidation(entry.Key, Text(entry));
            }
        }

        return compression;
    }

    private static ICompressionProvider? Find(MessageCodings codings, string name) =>
        name == MessageCodings.Identity
            ? null
            : codings.Find(name) ?? throw new RpcException(new Status(StatusCode.Internal, $"Could not find compression provider for '{name}'."));

    /// <summary>Whether the protocol sets a header itself: an entry of that name does not travel.</summary>
    private static bool IsOwn(string name) => name is
        HeaderNames.ContentType or HeaderNames.Te or HeaderNames.GrpcTimeout or HeaderNames.GrpcEncoding
        or HeaderNames.GrpcAcceptEncoding or HeaderNames.GrpcStatus or HeaderNames.GrpcMessage;

    private static string Text(Metadata.Entry entry)
    {
        if (entry.IsBinary)
        {
            return MetadataRules.EncodeBinary(entry.BinaryValue);
        }

        return MetadataRules.IsValidAsciiValue(entry.Value)
            ? entry.Value
            : throw new RpcException(new Status(StatusCode.Internal, $"The metadata value of '{entry.Key}' is not printable ASCII."));
    }
}

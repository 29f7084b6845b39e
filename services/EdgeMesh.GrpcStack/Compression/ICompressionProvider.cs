using System.IO.Compression;

namespace Grpc.Net.Compression;

/// <summary>A coding for messages. Thread-safe.</summary>
public interface ICompressionProvider
{
    /// <summary>Its name in <c>grpc-encoding</c>.</summary>
    string EncodingName { get; }

    /// <summary>A stream that compresses what is written to it.</summary>
    /// <param name="stream">Where compressed bytes go. Left open.</param>
    /// <param name="compressionLevel">Null for the provider's default.</param>
    Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel);

    /// <summary>A stream that decompresses what is read from it.</summary>
    /// <param name="stream">Where compressed bytes come from.</param>
    Stream CreateDecompressionStream(Stream stream);
}

using System.IO.Compression;
using Grpc.Net.Compression;

namespace Grpc.AspNetCore.Server;

/// <summary>How services answer: limits, compression, how much of an error a caller may see.</summary>
public class GrpcServiceOptions
{
    /// <summary>Longest message that goes out, before compression, bytes; null for no limit. Default: null.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>Longest message that comes in, compressed or not, bytes; null for no limit. Default: 4 MiB.</summary>
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>Whether a caller is told the exception that a handler threw. Default: no.</summary>
    public bool? EnableDetailedErrors { get; set; }

    /// <summary>Whether calls to unknown methods and services are left to other endpoints, instead of being answered UNIMPLEMENTED. Default: no.</summary>
    public bool? IgnoreUnknownServices { get; set; }

    /// <summary>The coding of answers to callers that take it; null for none. Default: null.</summary>
    public string? ResponseCompressionAlgorithm { get; set; }

    /// <summary>How hard to compress; null for the coding's default.</summary>
    public CompressionLevel? ResponseCompressionLevel { get; set; }

    /// <summary>The codings known. Default: gzip.</summary>
    public IList<ICompressionProvider> CompressionProviders { get; set; } = [new GzipCompressionProvider(CompressionLevel.Fastest)];
}

/// <summary>How one service answers. Starts as what all services share.</summary>
/// <typeparam name="TService">The service.</typeparam>
public class GrpcServiceOptions<TService> : GrpcServiceOptions
    where TService : class
{
    /// <summary>The defaults.</summary>
    public GrpcServiceOptions()
    {
    }

    internal GrpcServiceOptions(GrpcServiceOptions shared)
    {
        MaxSendMessageSize = shared.MaxSendMessageSize;
        MaxReceiveMessageSize = shared.MaxReceiveMessageSize;
        EnableDetailedErrors = shared.EnableDetailedErrors;
        IgnoreUnknownServices = shared.IgnoreUnknownServices;
        ResponseCompressionAlgorithm = shared.ResponseCompressionAlgorithm;
        ResponseCompressionLevel = shared.ResponseCompressionLevel;
        CompressionProviders = [.. shared.CompressionProviders];
    }
}

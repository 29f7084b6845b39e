using Grpc.Net.Compression;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client;

/// <summary>How a <see cref="GrpcChannel"/> connects, and what it permits. Read once, when the channel is made.</summary>
public sealed class GrpcChannelOptions
{
    /// <summary>Longest message that goes out, before compression, bytes; null for no limit. Default: null.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>Longest message that comes in, compressed or not, bytes; null for no limit. Default: 4 MiB, as in other implementations.</summary>
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>The codings known; null for gzip.</summary>
    public IList<ICompressionProvider>? CompressionProviders { get; set; }

    /// <summary>Where the channel logs; null for nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>What sends requests, instead of a handler of the channel's own. Not together with <see cref="HttpHandler"/>.</summary>
    public HttpClient? HttpClient { get; set; }

    /// <summary>What sends requests, instead of a handler of the channel's own. Not together with <see cref="HttpClient"/>.</summary>
    public HttpMessageHandler? HttpHandler { get; set; }

    /// <summary>Whether the channel disposes the given <see cref="HttpClient"/> or <see cref="HttpHandler"/> with itself. Default: no.</summary>
    public bool DisposeHttpClient { get; set; }

    /// <summary>The clock of deadlines, for tests.</summary>
    internal TimeProvider TimeProvider { get; set; } = TimeProvider.System;
}

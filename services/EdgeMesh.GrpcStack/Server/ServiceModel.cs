using EdgeMesh.GrpcStack.Messages;
using Grpc.AspNetCore.Server;
using Grpc.Net.Compression;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.GrpcStack.Server;

/// <summary>What all calls of a mapped service share: its options, read once. Immutable.</summary>
internal sealed class ServiceModel(GrpcServiceOptions options, TimeProvider clock, ILogger logger)
{
    public int? MaxSendMessageBytes { get; } = options.MaxSendMessageSize;

    public int? MaxReceiveMessageBytes { get; } = options.MaxReceiveMessageSize;

    public bool EnableDetailedErrors { get; } = options.EnableDetailedErrors ?? false;

    public MessageCodings Codings { get; } = new(options.CompressionProviders);

    /// <summary>The coding of answers to callers that take it, or null.</summary>
    public ICompressionProvider? ResponseCoding { get; } = FindResponseCoding(options);

    public System.IO.Compression.CompressionLevel? ResponseCompressionLevel { get; } = options.ResponseCompressionLevel;

    public TimeProvider Clock { get; } = clock;

    public ILogger Logger { get; } = logger;

    private static ICompressionProvider? FindResponseCoding(GrpcServiceOptions options)
    {
        if (options.ResponseCompressionAlgorithm is not { } name || name == MessageCodings.Identity)
        {
            return null;
        }

        foreach (var provider in options.CompressionProviders)
        {
            if (provider.EncodingName == name)
            {
                return provider;
            }
        }

        throw new InvalidOperationException($"The configured response compression algorithm '{name}' does not have a matching compression provider.");
    }
}

using Grpc.Net.Compression;

namespace EdgeMesh.GrpcStack.Messages;

/// <summary>The codings that one side of a connection knows, by their names in <c>grpc-encoding</c>. Immutable.</summary>
internal sealed class MessageCodings
{
    /// <summary>The coding that changes nothing. Always known.</summary>
    public const string Identity = "identity";

    private readonly Dictionary<string, ICompressionProvider> _providers = new(StringComparer.Ordinal);

    public MessageCodings(IEnumerable<ICompressionProvider> providers)
    {
        foreach (var provider in providers)
        {
            _providers[provider.EncodingName] = provider;
        }

        AcceptEncoding = string.Join(',', [Identity, .. _providers.Keys]);
    }

    /// <summary>What to say in <c>grpc-accept-encoding</c>.</summary>
    public string AcceptEncoding { get; }

    /// <summary>The provider of a coding other than identity, or null.</summary>
    public ICompressionProvider? Find(string name) => _providers.GetValueOrDefault(name);

    /// <summary>Whether a <c>grpc-accept-encoding</c> value, possibly several joined by commas, names a coding.</summary>
    public static bool Accepts(ReadOnlySpan<char> acceptEncoding, ReadOnlySpan<char> name)
    {
        foreach (var range in acceptEncoding.Split(','))
        {
            if (acceptEncoding[range].Trim().SequenceEqual(name))
            {
                return true;
            }
        }

        return false;
    }
}

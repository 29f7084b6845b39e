using Grpc.Core;

namespace EdgeMesh.Introspection;

/// <summary>All sources of descriptors of one node, in the order in which they answer. Each stream asks through a <see cref="ReflectionSession"/>.</summary>
internal sealed class ReflectionIndex
{
    private readonly IDescriptorSource _local;
    private volatile IReadOnlyList<IDescriptorSource> _sources = [];

    /// <param name="local">This node's own.</param>
    /// <param name="origins">The origins'.</param>
    public ReflectionIndex(IDescriptorSource local, IEnumerable<IDescriptorSource> origins)
    {
        _local = local;
        Replace(origins);
    }

    /// <summary>What is known of each source without asking.</summary>
    public IEnumerable<DescriptorModel> Known => _sources.Select(source => source.Known);

    /// <summary>This node's own first, then origins, the longest prefix first.</summary>
    public IReadOnlyList<IDescriptorSource> Sources => _sources;

    /// <summary>Puts other origins in place of those before; each question reads them once.</summary>
    public void Replace(IEnumerable<IDescriptorSource> origins) => _sources = [_local, .. origins.OrderByDescending(source => source.ServicePrefix!.Length)];

    /// <summary>The origins whose prefix a symbol has, the longest first; not those that take whatever is nobody else's.</summary>
    public IReadOnlyList<IDescriptorSource> OwnersOf(string symbol) =>
        [.. _sources.Where(source => source.ServicePrefix is { Length: > 0 } prefix && symbol.StartsWith(prefix, StringComparison.Ordinal))];

    /// <summary>Asks every source that has not been asked for too long.</summary>
    /// <returns>What is known of those that answered; the others are left out.</returns>
    public async Task<IReadOnlyList<DescriptorModel>> RefreshAsync(CancellationToken cancellation)
    {
        var models = await Task.WhenAll(_sources.Select(source => TryGetAsync(source, cancellation))).ConfigureAwait(false);
        return [.. models.OfType<DescriptorModel>()];
    }

    private static async Task<DescriptorModel?> TryGetAsync(IDescriptorSource source, CancellationToken cancellation)
    {
        try
        {
            return await source.GetAsync(cancellation).ConfigureAwait(false);
        }
        catch (RpcException)
        {
            // The source has logged it. The others go on without it.
            return null;
        }
    }
}

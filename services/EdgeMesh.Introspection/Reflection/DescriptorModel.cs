namespace EdgeMesh.Introspection;

/// <summary>A file, and the pool whose names its imports mean.</summary>
internal sealed record DescriptorMatch(DescriptorPool Pool, DescriptorFile File);

/// <summary>What is known of one source's descriptors at one time. Immutable.</summary>
/// <remarks>
/// Mostly one pool. An upstream that merges several origins may answer with two different files of one name: then each service's files stay together in a
/// pool where they fit, and a symbol is looked for first in the pool of the service that it belongs to.
/// </remarks>
internal sealed class DescriptorModel
{
    private readonly IReadOnlyDictionary<string, DescriptorPool> _pools;
    private readonly IReadOnlyList<DescriptorPool> _distinct;

    /// <param name="services">All services, also those without files.</param>
    /// <param name="pools">Where each service's files are.</param>
    /// <param name="learned">Pools of files that belong to no service.</param>
    public DescriptorModel(IReadOnlyList<string> services, IReadOnlyDictionary<string, DescriptorPool> pools, IEnumerable<DescriptorPool> learned)
    {
        Services = services;
        Learned = [.. learned];
        _pools = pools;
        _distinct = [.. pools.Values.Concat(Learned).Distinct()];
    }

    public static DescriptorModel Empty { get; } = new([], new Dictionary<string, DescriptorPool>(), []);

    public IReadOnlyList<string> Services { get; }

    public IReadOnlyList<DescriptorPool> Learned { get; }

    /// <summary>All services in a pool.</summary>
    public static DescriptorModel Of(DescriptorPool pool, IReadOnlyList<string> services) =>
        new(services, services.ToDictionary(service => service, _ => pool, StringComparer.Ordinal), [pool]);

    /// <summary>This model and a pool more; the oldest that were added so go when they are more than the limits.</summary>
    public DescriptorModel WithLearned(DescriptorPool pool, int maxPools, long maxBytes)
    {
        var learned = new Queue<DescriptorPool>(Learned);
        learned.Enqueue(pool);
        while (learned.Count > maxPools || (learned.Count > 1 && learned.Sum(one => one.Bytes) > maxBytes))
        {
            learned.Dequeue();
        }

        return new DescriptorModel(Services, _pools, learned);
    }

    public DescriptorMatch? FindSymbol(string symbol)
    {
        // The service itself, or the service of a method.
        var service = _pools.ContainsKey(symbol) ? symbol : symbol.LastIndexOf('.') is var dot && dot > 0 ? symbol[..dot] : symbol;
        var first = _pools.GetValueOrDefault(service);
        return Match(first, first?.FindSymbol(symbol)) ?? First(pool => pool.FindSymbol(symbol));
    }

    public DescriptorMatch? FindFile(string name) => First(pool => pool.FindFile(name));

    public DescriptorMatch? FindExtension(string extendee, int number) => First(pool => pool.FindExtension(extendee, number));

    public IReadOnlyList<int> ExtensionNumbers(string extendee) => [.. _distinct.SelectMany(pool => pool.ExtensionNumbers(extendee)).Distinct()];

    /// <summary>All services that have a file, and where it is.</summary>
    public IEnumerable<(string Service, DescriptorPool Pool)> Described() => _pools.Where(pool => pool.Value.FindSymbol(pool.Key) is not null).Select(pool => (pool.Key, pool.Value));

    /// <summary>Shapes of the methods of all services.</summary>
    public IEnumerable<V1.MethodShape> Shapes() =>
        from service in Services
        let pool = _pools.GetValueOrDefault(service)
        where pool?.FindSymbol(service) is not null
        from shape in MethodShapes.Of(pool.FindSymbol(service)!, service)
        select shape;

    private DescriptorMatch? First(Func<DescriptorPool, DescriptorFile?> find) =>
        _distinct.Select(pool => Match(pool, find(pool))).FirstOrDefault(match => match is not null);

    private static DescriptorMatch? Match(DescriptorPool? pool, DescriptorFile? file) => pool is null || file is null ? null : new DescriptorMatch(pool, file);
}

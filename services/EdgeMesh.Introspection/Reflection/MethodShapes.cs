using EdgeMesh.V1;
using Google.Protobuf.Reflection;

namespace EdgeMesh.Introspection;

/// <summary>How messages of every known method flow: what a Region publishes to its edges, which know no descriptors.</summary>
/// <remarks>Thread-safe. Kept up to date by the node's background refresh; what an origin said last stands while it is away.</remarks>
public sealed class MethodShapes
{
    private readonly ReflectionIndex _index;
    private readonly Lock _lock = new();
    private volatile IReadOnlyList<MethodShape> _current = [];

    internal MethodShapes(ReflectionIndex index)
    {
        _index = index;
        Update();
    }

    /// <summary>Raised after <see cref="Current"/> changed, on the thread that changed it.</summary>
    public event Action? Changed;

    /// <summary>Shapes of all known methods, sorted by name.</summary>
    public IReadOnlyList<MethodShape> Current => _current;

    /// <summary>Shapes of the methods of one service, as its file declares them.</summary>
    internal static IEnumerable<MethodShape> Of(DescriptorFile file, string service) =>
        from declared in file.Proto.Service
        where DescriptorSymbols.Join(file.Proto.Package, declared.Name) == service
        from method in declared.Method
        let level = method.Options?.IdempotencyLevel ?? MethodOptions.Types.IdempotencyLevel.IdempotencyUnknown
        select new MethodShape
        {
            Method = $"{service}/{method.Name}",
            ClientStreaming = method.ClientStreaming,
            ServerStreaming = method.ServerStreaming,
            SideEffectFree = level == MethodOptions.Types.IdempotencyLevel.NoSideEffects,
            Idempotent = level == MethodOptions.Types.IdempotencyLevel.Idempotent,
        };

    internal void Update()
    {
        lock (_lock)
        {
            // A service of two sources is described by the first: that is where its calls go.
            var shapes = _index.Known.SelectMany(model => model.Shapes()).DistinctBy(shape => shape.Method).OrderBy(shape => shape.Method, StringComparer.Ordinal).ToList();
            if (shapes.SequenceEqual(_current))
            {
                return;
            }

            _current = shapes;
        }

        Changed?.Invoke();
    }
}

using System.Runtime.CompilerServices;
using EdgeMesh.Relay.Policies;
using EdgeMesh.V1;
using Google.Protobuf.Reflection;

namespace EdgeMesh.Introspection;

/// <summary>The messages and the option <c>(edgemesh.v1.cache)</c> of every method that a node has descriptors of.</summary>
/// <remarks>Thread-safe. A pool of files is linked once, as long as it is the one in use; a service whose files cannot be linked, or whose options cannot be read, is left out.</remarks>
public sealed class DescribedMethods
{
    private readonly ReflectionIndex _index;
    private readonly ConditionalWeakTable<DescriptorPool, IReadOnlyDictionary<string, ServiceDescriptor>> _linked = [];

    internal DescribedMethods(ReflectionIndex index) => _index = index;

    /// <summary>Raised when descriptors were asked for anew, whether they have changed or not, on the thread that asked.</summary>
    public event Action? Refreshed;

    /// <summary>All methods known now, by full name without the leading slash. A service of two sources is described by the first: that is where its calls go.</summary>
    public IReadOnlyDictionary<string, MethodTypes> Read()
    {
        var methods = new Dictionary<string, MethodTypes>(StringComparer.Ordinal);
        foreach (var (service, pool) in _index.Known.SelectMany(model => model.Described()).DistinctBy(described => described.Service))
        {
            foreach (var method in _linked.GetValue(pool, Link).GetValueOrDefault(service)?.Methods ?? [])
            {
                methods[$"{service}/{method.Name}"] = new MethodTypes(method.InputType, method.OutputType, !method.IsClientStreaming && !method.IsServerStreaming, method.GetOptions()?.GetExtension(PolicyExtensions.Cache));
            }
        }

        return methods;
    }

    internal void Update() => Refreshed?.Invoke();

    private static Dictionary<string, ServiceDescriptor> Link(DescriptorPool pool)
    {
        try
        {
            return pool.Link(allowMissingImports: true, [PolicyExtensions.Cache]).Services.ToDictionary(service => service.FullName, StringComparer.Ordinal);
        }
        catch (DescriptorException)
        {
            // Whoever asks for its descriptors is told; policies take its methods for unknown.
            return [];
        }
    }
}

using Microsoft.Extensions.Logging;

namespace EdgeMesh.Introspection;

/// <summary>Makes the sources of origins' descriptors, and puts others in their place when a node is told of other origins.</summary>
/// <remarks>What an unchanged origin told of itself by reflection is kept; a file is read again. Owned by the node, which replaces one at a time.</remarks>
internal sealed class DescriptorSources(NodeIntrospectionOptions options, TimeProvider time, ILogger<OriginReflection> logger)
{
    private IReadOnlyList<(OriginDescriptors Origin, IDescriptorSource Source)> _current = [];

    /// <summary>The sources of these origins; those that tell nothing have none.</summary>
    /// <exception cref="DescriptorException">A descriptor set cannot be used; nothing was replaced.</exception>
    public IReadOnlyList<IDescriptorSource> Of(IEnumerable<OriginDescriptors> origins)
    {
        _current = [.. from origin in origins let source = Find(origin) where source is not null select (origin, source)];
        return [.. _current.Select(one => one.Source)];
    }

    private IDescriptorSource? Find(OriginDescriptors origin)
    {
        if (origin.DescriptorSetPath is { } path)
        {
            var pool = DescriptorPool.Load(path, options.Limits);
            return new FixedDescriptors(origin.Name, origin.ServicePrefix, DescriptorModel.Of(pool, [.. pool.Services.Where(origin.Owns)]));
        }

        return _current.FirstOrDefault(one => one.Origin == origin).Source
            ?? (origin.Reflection is { } invoker ? new OriginReflection(origin, invoker, options.Timing, options.Limits, time, logger) : null);
    }
}

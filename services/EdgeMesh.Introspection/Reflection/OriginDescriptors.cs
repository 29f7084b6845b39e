using Grpc.Core;

namespace EdgeMesh.Introspection;

/// <summary>Where the descriptors of an origin's services come from. Nothing is asked of an origin unless this says so.</summary>
public sealed record OriginDescriptors
{
    /// <summary>What full service names of this origin begin with: <c>shop.v1.</c>. Empty: whatever is nobody else's, as for an edge's upstream.</summary>
    public required string ServicePrefix { get; init; }

    /// <summary>What the origin is called in errors: <c>origin shop.v1. at http://127.0.0.1:9000</c>.</summary>
    public required string Name { get; init; }

    /// <summary>How the origin's own reflection is called, v1 or v1alpha; null: it is not asked.</summary>
    public CallInvoker? Reflection { get; init; }

    /// <summary>A file from <c>protoc --descriptor_set_out --include_imports</c>, which takes the place of the origin's own reflection; null: none.</summary>
    public string? DescriptorSetPath { get; init; }

    internal bool Owns(string symbol) => symbol.StartsWith(ServicePrefix, StringComparison.Ordinal);
}

using EdgeMesh.V1;
using Google.Protobuf.Reflection;

namespace EdgeMesh.Relay.Policies;

/// <summary>What descriptors say of a method.</summary>
/// <param name="Request">The type of its requests.</param>
/// <param name="Response">The type of its answers.</param>
/// <param name="IsUnary">Whether it has one of each.</param>
/// <param name="Option">Its option <c>(edgemesh.v1.cache)</c>; null: none.</param>
public sealed record MethodTypes(MessageDescriptor Request, MessageDescriptor Response, bool IsUnary, CacheRule? Option);

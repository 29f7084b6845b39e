using Google.Protobuf.Reflection;

namespace EdgeMesh.Introspection;

/// <summary>What a node says about itself and its origins.</summary>
public sealed class NodeIntrospectionOptions
{
    /// <summary>The node's own services: listed by reflection, and SERVING by health. Health and reflection are added to them.</summary>
    public IList<ServiceDescriptor> Services { get; } = [];

    /// <summary>Origins whose descriptors are shown.</summary>
    public IList<OriginDescriptors> Origins { get; } = [];

    /// <summary>Where the health of other services is asked; none unless set.</summary>
    public UpstreamHealth UpstreamHealth { get; set; } = UpstreamHealth.None;

    /// <summary>How often origins are asked.</summary>
    public IntrospectionTiming Timing { get; set; } = new();

    /// <summary>How much of origins' descriptors is kept.</summary>
    public DescriptorLimits Limits { get; set; } = DescriptorLimits.Default;
}

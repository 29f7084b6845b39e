using EdgeMesh.Introspection;
using EdgeMesh.Relay;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.V1;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeMesh.Downstream;

/// <summary>What a kind of node adds to what all nodes below a Region do. As it is: nothing, as an edge location.</summary>
internal class DownstreamParts
{
    /// <summary>Described on the admin listener, beside what all nodes have there.</summary>
    public virtual IEnumerable<Google.Protobuf.Reflection.ServiceDescriptor> AdminServices => [];

    /// <summary>Whether answers that the next node gave show its name in <c>x-edgemesh-node</c> (<see cref="RelayOptions.NamesUpstreamNodes"/>).</summary>
    public virtual bool NamesUpstreamNodes => false;

    /// <summary>Where calls go.</summary>
    /// <param name="others">Takes those of which the kind knows nothing.</param>
    /// <param name="next">The next node.</param>
    public virtual IUpstreamRouter Router(IUpstreamRouter others, Upstream next) => others;

    /// <summary>Registers what runs beside the data listener.</summary>
    public virtual void AddServices(IServiceCollection services)
    {
    }

    /// <summary>Registers endpoints of the admin listener, and what they need.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="shared">What <see cref="AddServices"/> registered.</param>
    public virtual void AddAdminServices(IServiceCollection services, IServiceProvider shared)
    {
    }

    /// <summary>Called once, before the node listens.</summary>
    /// <param name="services">What <see cref="AddServices"/> registered, and what all nodes have.</param>
    /// <param name="relay">Takes the node's calls.</param>
    public virtual void Started(IServiceProvider services, RelayHandler relay)
    {
    }

    /// <summary>Descriptors of services that the node answers itself: it then answers reflection, merged with the next node's, where <see cref="Router"/> leaves it that. None: reflection is the next node's.</summary>
    public virtual IReadOnlyList<OriginDescriptors> Descriptors => [];

    /// <summary>Where the health of a service is asked, by its full name; null: at the next node.</summary>
    public virtual HealthRoute? FindHealth(string service) => null;

    /// <summary>Takes each new topology, in order, on the link's thread: to be handled quickly.</summary>
    public virtual void Learn(JoinResponse topology)
    {
    }

    /// <summary>Adds to what is told to the Region at every heartbeat.</summary>
    public virtual void Report(NodeReport report)
    {
    }

    /// <summary>Adds to what <c>/readyz</c> says.</summary>
    public virtual IReadOnlyList<string> Notes() => [];
}

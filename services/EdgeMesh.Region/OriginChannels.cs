using EdgeMesh.Introspection;
using EdgeMesh.Relay.Upstreams;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeMesh.Region;

/// <summary>Connections on which the Region itself asks origins, apart from those that carry users' calls.</summary>
/// <remarks>Thread-safe. A channel connects when it is first used; that of an origin that was replaced is let go, as in <see cref="OriginRouter"/>.</remarks>
internal sealed class OriginChannels : IDisposable
{
    private volatile (OriginOptions Origin, GrpcChannel Channel, CallInvoker Invoker)[] _origins = [];

    public OriginChannels(IEnumerable<OriginOptions> origins) => Replace(origins);

    /// <summary>Asks these origins from now on. Not to be called twice at once.</summary>
    public void Replace(IEnumerable<OriginOptions> origins)
    {
        var before = _origins;
        _origins =
        [
            .. origins.OrderByDescending(origin => origin.ServicePrefix.Length).Select(origin =>
            {
                var same = Array.Find(before, one => one.Origin.IsSamePlace(origin));
                if (same.Channel is not null)
                {
                    return same with { Origin = origin };
                }

                var channel = GrpcChannel.ForAddress(origin.Address, new GrpcChannelOptions { HttpHandler = UpstreamHandler.Create(), DisposeHttpClient = true });
                return (origin, channel, channel.CreateCallInvoker());
            }),
        ];
    }

    /// <summary>Where the health of a service is asked; null: it is no origin's.</summary>
    public HealthRoute? FindHealth(string service)
    {
        foreach (var (origin, _, invoker) in _origins)
        {
            if (service.StartsWith(origin.ServicePrefix, StringComparison.Ordinal))
            {
                return new HealthRoute(Describe(origin), invoker);
            }
        }

        return null;
    }

    /// <summary>Where the descriptors of all origins come from.</summary>
    public IEnumerable<OriginDescriptors> FindDescriptors() => _origins.Select(entry => new OriginDescriptors
    {
        ServicePrefix = entry.Origin.ServicePrefix,
        Name = Describe(entry.Origin),
        Reflection = entry.Origin.Reflection ? entry.Invoker : null,
        DescriptorSetPath = entry.Origin.DescriptorSetPath,
    });

    public void Dispose()
    {
        foreach (var (_, channel, _) in _origins)
        {
            channel.Dispose();
        }
    }

    private static string Describe(OriginOptions origin) => $"origin {origin.ServicePrefix} at {origin.Address.GetLeftPart(UriPartial.Authority)}";
}

using EdgeMesh.Relay;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.Wire;

namespace EdgeMesh.Region;

/// <summary>Sends each service to the origin with the longest prefix of its name; the Region's own stay here.</summary>
/// <remarks>Immutable; thread-safe. Owns one handler for each origin, so that a slow one fills only its own connections.</remarks>
internal sealed class OriginRouter : IUpstreamRouter, IDisposable
{
    private readonly string _region;
    private readonly (string PathPrefix, Upstream Upstream, SocketsHttpHandler Handler)[] _origins;

    public OriginRouter(string region, IEnumerable<OriginOptions> origins)
    {
        _region = region;
        _origins =
        [
            .. origins.OrderByDescending(origin => origin.ServicePrefix.Length).Select(origin =>
            {
                var handler = UpstreamHandler.Create();
                return ("/" + origin.ServicePrefix, new Upstream($"origin {origin.ServicePrefix}", origin.Address, new HttpMessageInvoker(handler)), handler);
            }),
        ];
    }

    public RelayRoute Route(string path)
    {
        foreach (var (prefix, upstream, _) in _origins)
        {
            if (path.StartsWith(prefix, StringComparison.Ordinal))
            {
                return RelayRoute.To(upstream);
            }
        }

        foreach (var own in OriginOptions.OwnPrefixes)
        {
            if (path.AsSpan(Math.Min(1, path.Length)).StartsWith(own, StringComparison.Ordinal))
            {
                return RelayRoute.Local;
            }
        }

        return RelayRoute.Refuse(GrpcStatusCode.Unimplemented, $"Region {_region} has no service for {NodeNames.Quote(path)}: no origin's prefix begins its name");
    }

    public void Dispose()
    {
        foreach (var (_, _, handler) in _origins)
        {
            handler.Dispose();
        }
    }
}

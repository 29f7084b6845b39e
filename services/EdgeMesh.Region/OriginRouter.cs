using EdgeMesh.Relay;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.Wire;

namespace EdgeMesh.Region;

/// <summary>Sends each service to the origin with the longest prefix of its name; the Region's own stay here.</summary>
/// <remarks>
/// Thread-safe: a call reads the origins once. Owns one handler for each origin, so that a slow one fills only its own connections. The handler of an
/// origin that was replaced is let go, not disposed of: that would end the calls that still run through it. Its connections close when they have
/// been idle for a minute.
/// </remarks>
internal sealed class OriginRouter : IUpstreamRouter, IDisposable
{
    private readonly string _region;
    private volatile (OriginOptions Origin, string PathPrefix, Upstream Upstream, SocketsHttpHandler Handler)[] _origins = [];

    public OriginRouter(string region, IEnumerable<OriginOptions> origins)
    {
        _region = region;
        Replace(origins);
    }

    /// <summary>Sends calls to these origins from now on. Not to be called twice at once.</summary>
    public void Replace(IEnumerable<OriginOptions> origins)
    {
        var before = _origins;
        _origins =
        [
            .. origins.OrderByDescending(origin => origin.ServicePrefix.Length).Select(origin =>
            {
                var same = Array.Find(before, one => one.Origin.IsSamePlace(origin));
                if (same.Handler is not null)
                {
                    return same with { Origin = origin };
                }

                var handler = UpstreamHandler.Create();
                return (origin, "/" + origin.ServicePrefix, new Upstream($"origin {origin.ServicePrefix}", origin.Address, new HttpMessageInvoker(handler)) { Via = _region }, handler);
            }),
        ];
    }

    public IEnumerable<Upstream> Upstreams => _origins.Select(origin => origin.Upstream);

    public RelayRoute Route(string path)
    {
        foreach (var (_, prefix, upstream, _) in _origins)
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
        foreach (var (_, _, _, handler) in _origins)
        {
            handler.Dispose();
        }
    }
}

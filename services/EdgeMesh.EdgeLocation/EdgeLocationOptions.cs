using EdgeMesh.Admin;
using EdgeMesh.Downstream;
using EdgeMesh.V1;

namespace EdgeMesh.EdgeLocation;

/// <summary>What a user says of an edge location, whose name is like <c>LHR50-1</c>. Immutable.</summary>
public sealed class EdgeLocationOptions : DownstreamOptions
{
    /// <summary>Listens on <c>127.0.0.1:6401</c>, unless it is told otherwise.</summary>
    public EdgeLocationOptions()
        : base(listen: "127.0.0.1:6401")
    {
    }

    /// <summary>Another node that it asks in place of the Region, an edge location or a Local Zone: scheme, host and port; null: it asks the Region.</summary>
    public Uri? Upstream { get; init; }

    /// <summary>Where it joins with an <see cref="Upstream"/>: that node's admin listener; null: the one on this machine, at the port of <see cref="Upstream"/> and 100.</summary>
    public Uri? UpstreamAdmin { get; init; }

    /// <inheritdoc/>
    internal override NodeKind Kind => NodeKind.EdgeLocation;

    /// <inheritdoc/>
    internal override string KindText => "edge location";

    /// <inheritdoc/>
    internal override Uri Next => Upstream ?? base.Next;

    /// <inheritdoc/>
    internal override string NextText => Upstream is null ? base.NextText : "upstream";

    /// <inheritdoc/>
    /// <remarks>An upstream takes joins on its admin listener only.</remarks>
    internal override (Uri? Address, string Option) FindJoinAddress(bool hasCredential, List<string> failures)
    {
        if (Upstream is null && Region is null)
        {
            failures.Add("--region or --upstream must be given: what this node asks");
            return (null, "--region");
        }

        return Upstream is null ? base.FindJoinAddress(hasCredential, failures) : (FindUpstream(Upstream, failures), "--upstream-admin");
    }

    private Uri? FindUpstream(Uri upstream, List<string> failures)
    {
        if (Region is not null)
        {
            failures.Add("--region and --upstream are both given: an edge location asks one of them");
        }

        foreach (var (option, value) in (ReadOnlySpan<(string, Uri?)>)[("--upstream", upstream), ("--upstream-admin", UpstreamAdmin)])
        {
            if (value is not null && !Relay.Upstreams.Upstream.IsAddress(value))
            {
                failures.Add($"{option} {Relay.Upstreams.Upstream.AddressRule}, like http://127.0.0.1:6401, got \"{value}\"");
                return null;
            }
        }

        if (UpstreamAdmin is null && !upstream.IsLoopback)
        {
            failures.Add($"--upstream {upstream.GetLeftPart(UriPartial.Authority)} is beyond loopback: give --upstream-admin, its admin listener, where this node joins");
        }

        return UpstreamAdmin ?? new UriBuilder(upstream) { Port = upstream.Port + AdminListenerOptions.PortDistance }.Uri;
    }
}

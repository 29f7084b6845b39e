using System.Globalization;
using EdgeMesh.Latency.Positions;
using EdgeMesh.Relay;
using EdgeMesh.V1;
using Google.Rpc;

namespace EdgeMesh.Region.Topology;

/// <summary>What a node must say of itself to be let in.</summary>
/// <remarks>Stateless; thread-safe.</remarks>
internal static class HelloRules
{
    private const int MaxAddressBytes = 255;
    private const int MaxVersionBytes = 64;

    // More tiers than anybody has.
    private const int MaxVia = 8;

    /// <summary>Everything that is wrong with a hello.</summary>
    /// <param name="hello">As received.</param>
    /// <param name="regionName">The Region that it wants to join.</param>
    /// <returns>One entry per field, with its limit and value; none when all is right.</returns>
    public static IReadOnlyList<BadRequest.Types.FieldViolation> FindViolations(JoinRequest.Types.Hello hello, string regionName)
    {
        var violations = new List<BadRequest.Types.FieldViolation>();
        if (hello.Kind is NodeKind.EdgeLocation or NodeKind.LocalZone)
        {
            Check("hello.name", NodeNames.FindViolation(hello.Kind, hello.Name) ?? FindForeignParent(hello, regionName));
        }
        else
        {
            Check("hello.kind", $"must be NODE_KIND_EDGE_LOCATION or NODE_KIND_LOCAL_ZONE; is {(int)hello.Kind}");
        }

        Check("hello.address", IsAddress(hello.Address) ? null : $"must be http:// or https:// with a host and nothing after its port, up to {MaxAddressBytes} bytes; is {NodeNames.Quote(hello.Address)}");
        Check("hello.version", IsVersion(hello.Version) ? null : $"must be 1 to {MaxVersionBytes} bytes of printable ASCII without spaces; is {NodeNames.Quote(hello.Version)}");
        Check("hello.position", hello.Position is null || GeoPosition.TryCreate(hello.Position.Latitude, hello.Position.Longitude, out _) ? null : string.Create(CultureInfo.InvariantCulture, $"must be a latitude from -90 to 90 and a longitude from -180 to 180, in degrees; is {hello.Position.Latitude}, {hello.Position.Longitude}"));
        Check("hello.jurisdiction", hello.Jurisdiction.Length > 0 && Jurisdiction.FindViolation(hello.Jurisdiction) is { } jurisdiction ? $"{jurisdiction}; is {NodeNames.Quote(hello.Jurisdiction)}" : null);
        Check("hello.via", hello.Via.Count <= MaxVia && hello.Via.All(via => NodeNames.IsEdgeLocation(via) || NodeNames.IsLocalZone(via)) ? FindDetour(hello) : $"must be up to {MaxVia} names of edge locations and Local Zones; are {NodeNames.Quote(string.Join(", ", hello.Via))}");
        Check("hello.zone_group", FindWrongGroup(hello, regionName));
        return violations;

        void Check(string field, string? description)
        {
            if (description is not null)
            {
                violations.Add(new BadRequest.Types.FieldViolation { Field = field, Description = description });
            }
        }
    }

    private static string? FindDetour(JoinRequest.Types.Hello hello) =>
        hello.Kind == NodeKind.LocalZone && hello.Via.Count > 0 ? $"must be empty, since a Local Zone joins its Region itself; is {NodeNames.Quote(string.Join(", ", hello.Via))}" : null;

    private static string? FindWrongGroup(JoinRequest.Types.Hello hello, string regionName) => hello.ZoneGroup.Length == 0 ? null
        : hello.Kind != NodeKind.LocalZone ? $"must be empty for a node that is no Local Zone; is {NodeNames.Quote(hello.ZoneGroup)}"
        : !NodeNames.IsZoneGroup(hello.ZoneGroup) ? $"{NodeNames.ZoneGroupRule}; is {NodeNames.Quote(hello.ZoneGroup)}"
        : !hello.ZoneGroup.StartsWith($"{regionName}-", StringComparison.Ordinal) ? $"must begin with this Region's name, {regionName}; is {NodeNames.Quote(hello.ZoneGroup)}"
        : null;

    private static string? FindForeignParent(JoinRequest.Types.Hello hello, string regionName) =>
        hello.Kind != NodeKind.LocalZone || hello.Name.StartsWith($"{regionName}-", StringComparison.Ordinal)
            ? null
            : $"must begin with this Region's name, {regionName}; is {NodeNames.Quote(hello.Name)}";

    private static bool IsAddress(string address) =>
        address.Length <= MaxAddressBytes
        && !address.AsSpan().ContainsAnyExceptInRange('!', '~')
        && Uri.TryCreate(address, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
        && uri.Host.Length > 0
        && uri.Port > 0
        && uri.UserInfo.Length == 0
        && uri.PathAndQuery == "/"
        && uri.Fragment.Length == 0;

    private static bool IsVersion(string version) =>
        version.Length is >= 1 and <= MaxVersionBytes && !version.AsSpan().ContainsAnyExceptInRange('!', '~');
}

using System.Globalization;
using System.Net;
using EdgeMesh.Latency.Positions;
using EdgeMesh.Latency.Ranking;
using EdgeMesh.Latency.Reports;
using EdgeMesh.Probing.Messages;
using EdgeMesh.Region.Topology;
using EdgeMesh.Relay;
using EdgeMesh.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using RankBasis = EdgeMesh.Latency.Ranking.RankBasis;
using RankedNode = EdgeMesh.Latency.Ranking.RankedNode;
using Status = Grpc.Core.Status;

namespace EdgeMesh.Region.Measurements;

/// <summary>Answers <c>Rank</c>: reads the question, refuses what cannot be, and puts the nodes that are there in order.</summary>
/// <remarks>Stateless; thread-safe.</remarks>
internal static class RankAnswers
{
    /// <summary>The most nodes to name: as many as a mesh has.</summary>
    public const int MaxLimit = 5_000;

    /// <summary>The most services, or jurisdictions, of a question.</summary>
    public const int MaxRequirements = 64;

    // A host's name has 253 at most, with scheme and port around it.
    private const int MaxAddressBytes = 280;
    private const int MaxServiceBytes = 255;

    /// <summary>Answers.</summary>
    /// <param name="request">The question.</param>
    /// <param name="snapshot">What is known of the mesh.</param>
    /// <param name="findPlace">Where clients of an address's network are; null: not known.</param>
    /// <exception cref="RpcException">INVALID_ARGUMENT: a field, its limit and value. NOT_FOUND: nobody is known at the address.</exception>
    public static RankResponse Answer(RankRequest request, MatrixSnapshot snapshot, Func<IPAddress, ClientPlace?> findPlace)
    {
        Check(request);
        var origin = ReadOrigin(request, snapshot, findPlace);
        var requirements = new RankRequirements
        {
            Kinds = [.. request.Kinds.Select(NodeKinds.NameOf)],
            Services = request.Services,
            Jurisdictions = request.Jurisdictions,
            IncludeDraining = request.IncludeDraining,
        };
        var ranked = NodeRanking.Rank(snapshot.Present, origin, requirements);
        var infos = snapshot.Nodes.ToDictionary(node => node.Name, StringComparer.Ordinal);
        var response = new RankResponse();
        response.Nodes.AddRange(ranked.Take(request.Limit == 0 ? MaxLimit : (int)request.Limit).Select(node => ToMessage(node, infos[node.Node.Name])));
        return response;
    }

    private static void Check(RankRequest request)
    {
        if (request.Limit > MaxLimit)
        {
            throw Invalid($"limit: must be 0 to {MaxLimit}; is {request.Limit}");
        }

        foreach (var kind in request.Kinds)
        {
            if (NodeKinds.NameOf(kind).Length == 0)
            {
                throw Invalid($"kinds: must be NODE_KIND_REGION, NODE_KIND_EDGE_LOCATION or NODE_KIND_LOCAL_ZONE; is {(int)kind}");
            }
        }

        CheckAll("services", request.Services, service => service.Length is >= 1 and <= MaxServiceBytes ? null : $"must be 1 to {MaxServiceBytes} letters");
        CheckAll("jurisdictions", request.Jurisdictions, Jurisdiction.FindViolation);
    }

    private static void CheckAll(string field, IReadOnlyCollection<string> values, Func<string, string?> findViolation)
    {
        if (values.Count > MaxRequirements)
        {
            throw Invalid($"{field}: must be at most {MaxRequirements}; are {values.Count}");
        }

        foreach (var value in values)
        {
            if (findViolation(value) is { } violation)
            {
                throw Invalid($"{field}: {violation}; is {NodeNames.Quote(value)}");
            }
        }
    }

    private static RankOrigin ReadOrigin(RankRequest request, MatrixSnapshot snapshot, Func<IPAddress, ClientPlace?> findPlace)
    {
        switch (request.OriginCase)
        {
            case RankRequest.OriginOneofCase.Coordinate:
                return CoordinateMessages.TryRead(request.Coordinate, out var coordinate)
                    ? new RankOrigin(coordinate)
                    : throw Invalid("coordinate: must be 8 positions and an adjustment within 10 of zero, a height of 0 to 10, all in seconds, and an error of 0 or more");

            case RankRequest.OriginOneofCase.Position:
                return PositionMessages.Read(request.Position) is { } position
                    ? new RankOrigin(Position: position)
                    : throw Invalid(string.Create(CultureInfo.InvariantCulture, $"position: must be a latitude from -90 to 90 and a longitude from -180 to 180, in degrees; is {request.Position.Latitude}, {request.Position.Longitude}"));

            case RankRequest.OriginOneofCase.Address:
                return FindOrigin(request.Address, snapshot, findPlace);

            default:
                throw Invalid("origin: must be a coordinate, an address or a position; is absent");
        }
    }

    /// <summary>A node by its name or by where it listens, else a client by its IP address.</summary>
    private static RankOrigin FindOrigin(string address, MatrixSnapshot snapshot, Func<IPAddress, ClientPlace?> findPlace)
    {
        if (address.Length is < 1 or > MaxAddressBytes)
        {
            throw Invalid($"address: must be 1 to {MaxAddressBytes} letters; is {address.Length}");
        }

        if (snapshot.Nodes.FirstOrDefault(node => node.Name == address || IsAt(node, address)) is { } info && snapshot.All.Find(info.Name) is { } node)
        {
            return new RankOrigin(node.Coordinate, node.Position, node.Name);
        }

        if (IPAddress.TryParse(address, out var ip))
        {
            return findPlace(ip) is { } place
                ? new RankOrigin(place.Coordinate, place.Position)
                : throw new RpcException(new Status(StatusCode.NotFound, $"no client of {ClientNetworks.Of(ip)} reported where it is"));
        }

        throw LooksLikeOne(address)
            ? new RpcException(new Status(StatusCode.NotFound, $"no node of this mesh is named so or listens there: {NodeNames.Quote(address)}"))
            : Invalid($"address: must be a node's name, its address or host and port, or a client's IP address; is {NodeNames.Quote(address)}");
    }

    private static bool IsAt(NodeInfo node, string address) =>
        node.Address.Length > 0
        && (node.Address.Equals(address.TrimEnd('/'), StringComparison.OrdinalIgnoreCase)
            || new Uri(node.Address).Authority.Equals(address, StringComparison.OrdinalIgnoreCase)
            || (new Uri(node.Address) is var uri && $"{uri.Host}:{uri.Port}".Equals(address, StringComparison.OrdinalIgnoreCase)));

    private static bool LooksLikeOne(string address) =>
        new[] { NodeKind.Region, NodeKind.EdgeLocation, NodeKind.LocalZone }.Any(kind => NodeNames.FindViolation(kind, address) is null)
        || (Uri.TryCreate(address.Contains("://", StringComparison.Ordinal) ? address : $"http://{address}", UriKind.Absolute, out var uri) && address.Contains(':', StringComparison.Ordinal) && uri.PathAndQuery == "/");

    private static V1.RankedNode ToMessage(RankedNode ranked, NodeInfo info) => new()
    {
        Node = info.Name,
        Kind = info.Kind,
        Address = info.Address,
        Expected = ranked.Expected is { } expected ? Duration.FromTimeSpan(expected) : null,
        Uncertainty = ranked.Expected is null ? null : Duration.FromTimeSpan(ranked.Uncertainty),
        Basis = ranked.Basis switch
        {
            RankBasis.Measured => V1.RankBasis.Measured,
            RankBasis.Coordinates => V1.RankBasis.Coordinates,
            RankBasis.Positions => V1.RankBasis.Positions,
            _ => V1.RankBasis.Unspecified,
        },
        Why = ranked.Why,
        Position = info.Position,
        Coordinate = ranked.Node.Coordinate?.ToMessage(),
    };

    private static RpcException Invalid(string detail) => new(new Status(StatusCode.InvalidArgument, detail));
}

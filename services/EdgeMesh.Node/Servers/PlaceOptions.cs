using System.CommandLine;
using EdgeMesh.Latency.Positions;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.Servers;

/// <summary>The options that say where a node stands.</summary>
internal sealed class PlaceOptions
{
    private readonly Option<GeoPosition?> _position;
    private readonly Option<string?> _jurisdiction = CliOption.Text("--jurisdiction", "CODE", "Whose law holds there, for clients that must stay within one: an ISO 3166 code such as GB, or a word of your own.");

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="absence">What holds without <c>--position</c>.</param>
    public PlaceOptions(Command command, string absence)
    {
        _position = CliOption.Value<GeoPosition?>("--position", "PLACE", $"Where it stands: LATITUDE,LONGITUDE in degrees, or a location code such as LHR; {absence}", Place.TryReadOptional);
        command.Add(_position);
        command.Add(_jurisdiction);
    }

    /// <summary>Where the node stands; null: not said.</summary>
    public GeoPosition? Position(ParseResult parsed) => parsed.GetValue(_position);

    /// <summary>Whose law holds there; null: not said.</summary>
    public string? Jurisdiction(ParseResult parsed) => parsed.GetValue(_jurisdiction);
}

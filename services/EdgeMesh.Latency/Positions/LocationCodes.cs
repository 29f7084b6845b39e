using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeMesh.Latency.Positions;

/// <summary>A city that location codes name.</summary>
/// <param name="Code">IATA, three letters.</param>
/// <param name="City">Its English name.</param>
/// <param name="CountryCode">ISO 3166-1 alpha-2.</param>
/// <param name="Position">Its airport.</param>
public sealed record Location(string Code, string City, string CountryCode, GeoPosition Position);

/// <summary>Cities by the codes that AWS uses: IATA codes, edge locations and Local Zones named after them.</summary>
/// <remarks>107 cities with CloudFront points of presence, embedded (Positions/Data/SOURCE.md). Immutable; thread-safe.</remarks>
public static class LocationCodes
{
    private const string Resource = "cloudfront-edge-locations.json";

    private static readonly Lazy<IReadOnlyDictionary<string, Location>> ByCode = new(Read);

    /// <summary>All cities.</summary>
    public static IReadOnlyCollection<Location> All => [.. ByCode.Value.Values];

    /// <summary>The city of a code: IATA (<c>LHR</c>), an edge location (<c>LHR50-1</c>, <c>LHR50-P1</c>) or a Local Zone (<c>eu-west-2-man-1a</c>).</summary>
    /// <param name="code">In any case.</param>
    /// <returns>Null if the code has no such form or the city is not known.</returns>
    public static Location? Find(string code) => IataOf(code) is { } iata ? ByCode.Value.GetValueOrDefault(iata) : null;

    private static string? IataOf(string code)
    {
        var parts = code.Split('-');
        var candidate = parts switch
        {
            // 1. LHR
            [{ Length: 3 } iata] => iata,

            // 2. LHR50-1: the city, then digits that number it.
            [{ Length: > 3 } head, _] when head.AsSpan(3).ContainsAnyExceptInRange('0', '9') == false => head[..3],

            // 3. eu-west-2-man-1a: parent Region of three parts, city, zone.
            [_, _, _, { Length: 3 } city, _] => city,
            _ => null,
        };
        return candidate is not null && candidate.All(char.IsAsciiLetter) ? candidate.ToUpperInvariant() : null;
    }

    private static Dictionary<string, Location> Read()
    {
        using var stream = typeof(LocationCodes).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"{Resource} is not embedded.");
        var entries = JsonSerializer.Deserialize(stream, LocationJsonContext.Default.DictionaryStringEntry)!;
        return entries.ToDictionary(
            e => e.Key,
            e => new Location(e.Key, e.Value.City, e.Value.CountryCode, new GeoPosition(e.Value.Latitude, e.Value.Longitude)));
    }

    internal sealed record Entry(string City, string CountryCode, double Latitude, double Longitude);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Dictionary<string, LocationCodes.Entry>))]
internal sealed partial class LocationJsonContext : JsonSerializerContext;

using System.Globalization;
using System.Text.Json;
using EdgeMesh.Latency.Positions;

namespace EdgeMesh.Lab.LatencySimulation;

/// <summary>Reads where a matrix's places are.</summary>
/// <remarks>
/// JSON: <c>{"NAME": {"latitude": 51.5, "longitude": -0.1}}</c> (or <c>lat</c>, <c>lon</c>, <c>lng</c>, or <c>[51.5, -0.1]</c>), or an array of such objects with <c>name</c>, <c>code</c>, <c>city</c> or
/// <c>id</c>. Text: <c>NAME LATITUDE LONGITUDE</c> a line, or <c>LATITUDE LONGITUDE</c> in the order of the matrix's rows, separated by tabs or commas; a first line of titles is skipped. Either may be gzip.
/// </remarks>
public static class PositionsReader
{
    private static readonly string[] NameFields = ["name", "code", "city", "id"];
    private static readonly string[] LatitudeFields = ["latitude", "lat"];
    private static readonly string[] LongitudeFields = ["longitude", "lon", "lng"];

    /// <summary>Reads the positions of a matrix's rows.</summary>
    /// <param name="path">The file.</param>
    /// <param name="names">The rows' names.</param>
    /// <returns>One entry a row; null for a row that the file does not name.</returns>
    /// <exception cref="RttMatrixException">The file cannot be read, has a position that is none, or names no row at all.</exception>
    public static IReadOnlyList<GeoPosition?> Read(string path, IReadOnlyList<string> names)
    {
        var text = InputFile.Read(path);
        try
        {
            var byName = text.AsSpan().TrimStart() is ['{' or '[', ..] ? FromJson(text) : FromText(text, names);
            var positions = names.Select(name => byName.TryGetValue(name, out var position) ? position : (GeoPosition?)null).ToList();
            return positions.Any(position => position is not null)
                ? positions
                : throw new RttMatrixException($"no position is of a row of the matrix; the first row is '{names[0]}', the first position '{byName.Keys.FirstOrDefault()}'");
        }
        catch (RttMatrixException exception)
        {
            throw new RttMatrixException($"{path}: {exception.Message}", exception);
        }
        catch (JsonException exception)
        {
            throw new RttMatrixException($"{path}: not JSON: {exception.Message}", exception);
        }
    }

    private static Dictionary<string, GeoPosition> FromText(string text, IReadOnlyList<string> names)
    {
        var lines = text.Split('\n').Select(line => line.TrimEnd('\r').Split('\t', ',')).Where(cells => cells is not [""]).ToList();
        var byName = new Dictionary<string, GeoPosition>();
        foreach (var (index, cells) in lines.Index())
        {
            if (cells.Length >= 2 && TryNumbers(cells[^2], cells[^1], out var latitude, out var longitude))
            {
                // Without names, the lines are the rows.
                var name = cells.Length >= 3 ? cells[0] : names.ElementAtOrDefault(byName.Count) ?? $"line {index + 1}";
                byName[name] = Position(name, latitude, longitude);
            }
            else if (index > 0)
            {
                throw new RttMatrixException($"line {index + 1} is '{string.Join('\t', cells)}', want NAME, LATITUDE, LONGITUDE separated by tabs or commas");
            }
        }

        return byName;
    }

    private static Dictionary<string, GeoPosition> FromJson(string text)
    {
        using var document = JsonDocument.Parse(text);
        var root = document.RootElement;
        var byName = new Dictionary<string, GeoPosition>();
        if (root.ValueKind == JsonValueKind.Object)
        {
            foreach (var entry in root.EnumerateObject())
            {
                byName[entry.Name] = Position(entry.Name, entry.Value);
            }
        }
        else
        {
            foreach (var entry in root.EnumerateArray())
            {
                var name = (Field(entry, NameFields) is { ValueKind: JsonValueKind.String } field ? field.GetString() : null)
                    ?? throw new RttMatrixException($"{entry.GetRawText()} has no name");
                byName[name] = Position(name, entry);
            }
        }

        return byName;
    }

    private static GeoPosition Position(string name, JsonElement value)
    {
        var (latitude, longitude) = value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 2
            ? (value[0], value[1])
            : (Field(value, LatitudeFields), Field(value, LongitudeFields));
        return latitude is { ValueKind: JsonValueKind.Number } && longitude is { ValueKind: JsonValueKind.Number }
            ? Position(name, latitude.Value.GetDouble(), longitude.Value.GetDouble())
            : throw new RttMatrixException($"the position of '{name}' is {value.GetRawText()}, want latitude and longitude in degrees");
    }

    private static GeoPosition Position(string name, double latitude, double longitude) =>
        GeoPosition.TryCreate(latitude, longitude, out var position)
            ? position
            : throw new RttMatrixException(string.Create(CultureInfo.InvariantCulture, $"the position of '{name}' is {latitude},{longitude}, want -90 to 90 and -180 to 180 degrees"));

    private static JsonElement? Field(JsonElement value, string[] names)
    {
        foreach (var name in names)
        {
            if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var field))
            {
                return field;
            }
        }

        return null;
    }

    private static bool TryNumbers(string latitude, string longitude, out double latitudeDegrees, out double longitudeDegrees)
    {
        longitudeDegrees = 0;
        return double.TryParse(latitude, NumberStyles.Float, CultureInfo.InvariantCulture, out latitudeDegrees)
            && double.TryParse(longitude, NumberStyles.Float, CultureInfo.InvariantCulture, out longitudeDegrees);
    }
}

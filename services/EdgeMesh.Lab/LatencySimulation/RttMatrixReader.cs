using System.Globalization;
using System.Text.Json;

namespace EdgeMesh.Lab.LatencySimulation;

/// <summary>Reads a matrix of round trips in milliseconds from a file.</summary>
/// <remarks>
/// Text: a row a line, values separated by tabs, commas or spaces, with or without a line of names and a name in front of each row. JSON: an object of objects,
/// <c>{"a": {"b": 12.3}}</c>, alone or under <c>"data"</c>, or an array of <c>{"from": "a", "to": "b", "ms": 12.3}</c>; a pair that is given one way counts both ways. Either may be gzip.
/// </remarks>
public static class RttMatrixReader
{
    private static readonly char[] Separators = ['\t', ',', ' ', ';'];

    /// <summary>Reads.</summary>
    /// <exception cref="RttMatrixException">The file cannot be read, or is no such matrix: the message names the place.</exception>
    public static RttMatrix Read(string path)
    {
        var text = InputFile.Read(path);
        try
        {
            return text.AsSpan().TrimStart() is ['{' or '[', ..] ? FromJson(text) : FromText(text);
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

    private static RttMatrix FromText(string text)
    {
        var lines = text
            .Split('\n')
            .Select(line => line.TrimEnd('\r', ' ').Split(Separators))
            .Where(cells => cells is not [""])
            .ToList();
        if (lines.Count == 0)
        {
            throw new RttMatrixException("the matrix has 0 rows");
        }

        // Names in the first line: nothing after its first cell, which may be a corner, is a number.
        var header = lines[0].Length > 1 && lines[0].Skip(1).All(cell => cell.Length > 0 && !IsNumber(cell)) ? lines[0] : null;
        var rows = header is null ? lines : lines[1..];
        var named = rows.Count > 0 && rows.All(cells => cells.Length > 1 && !IsNumber(cells[0]));
        var names = rows.Select((cells, row) => named ? cells[0] : header is null ? $"row {row + 1}" : header.ElementAtOrDefault(row) ?? $"row {row + 1}").ToList();
        var values = rows.Select((cells, row) => cells.Skip(named ? 1 : 0).Select((cell, column) => Number(cell, names, row, column)).ToArray()).ToArray();
        return new RttMatrix(names, values);
    }

    private static bool IsNumber(string cell) => double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    private static double Number(string cell, IReadOnlyList<string> names, int row, int column)
    {
        if (double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
        {
            return value;
        }

        return row == column ? 0 : throw new RttMatrixException(
            $"row {row + 1} ({names[row]}), column {column + 1}{(column < names.Count ? $" ({names[column]})" : "")} is '{cell}', want a number of milliseconds");
    }

    private static RttMatrix FromJson(string text)
    {
        using var document = JsonDocument.Parse(text);
        var root = document.RootElement;
        if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("data", out var data))
        {
            root = data;
        }

        var pairs = new Dictionary<(string From, string To), double>();
        foreach (var (from, to, milliseconds) in root.ValueKind == JsonValueKind.Array ? Listed(root) : Nested(root))
        {
            pairs[(from, to)] = milliseconds;
        }

        var names = pairs.Keys.SelectMany(pair => new[] { pair.From, pair.To }).Distinct().ToList();
        if (names.Count > RttMatrix.MaxRows)
        {
            throw new RttMatrixException($"the matrix has {names.Count} names, want at most {RttMatrix.MaxRows}");
        }

        return new RttMatrix(names, [.. names.Select(from => names.Select(to => Find(pairs, from, to)).ToArray())]);
    }

    private static double Find(Dictionary<(string From, string To), double> pairs, string from, string to) =>
        pairs.TryGetValue((from, to), out var there) ? there
        : pairs.TryGetValue((to, from), out var back) ? back
        : from == to ? 0
        : throw new RttMatrixException($"there is no round trip between '{from}' and '{to}'");

    private static IEnumerable<(string From, string To, double Milliseconds)> Nested(JsonElement root)
    {
        foreach (var row in root.EnumerateObject())
        {
            if (row.Value.ValueKind != JsonValueKind.Object)
            {
                throw new RttMatrixException($"'{row.Name}' is {row.Value.ValueKind}, want an object of milliseconds by name");
            }

            foreach (var cell in row.Value.EnumerateObject())
            {
                yield return (row.Name, cell.Name, Number(cell.Value, row.Name, cell.Name));
            }
        }
    }

    private static IEnumerable<(string From, string To, double Milliseconds)> Listed(JsonElement root)
    {
        foreach (var entry in root.EnumerateArray())
        {
            if (entry.ValueKind != JsonValueKind.Object
                || !entry.TryGetProperty("from", out var from) || from.ValueKind != JsonValueKind.String
                || !entry.TryGetProperty("to", out var to) || to.ValueKind != JsonValueKind.String
                || !entry.TryGetProperty("ms", out var milliseconds))
            {
                throw new RttMatrixException($"an entry of the list is {entry.GetRawText()}, want {{\"from\": NAME, \"to\": NAME, \"ms\": NUMBER}}");
            }

            yield return (from.GetString()!, to.GetString()!, Number(milliseconds, from.GetString()!, to.GetString()!));
        }
    }

    private static double Number(JsonElement value, string from, string to) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number)
            ? number
            : throw new RttMatrixException($"the round trip between '{from}' and '{to}' is {value.GetRawText()}, want a number of milliseconds");
}

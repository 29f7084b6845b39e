using Spectre.Console;

namespace EdgeMesh.Node.Output;

/// <summary>Rows under headings: ruled and coloured on a terminal, aligned columns of plain text elsewhere.</summary>
/// <param name="headings">One per column; a heading that starts with <c>&gt;</c> aligns its column to the right.</param>
internal sealed class TextTable(params string[] headings)
{
    private const int Gap = 2;

    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row with as many cells as there are headings.</summary>
    public void Add(params string[] cells)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(cells.Length, headings.Length);
        _rows.Add(cells);
    }

    /// <summary>Writes headings and rows to a console.</summary>
    /// <param name="console">Where to.</param>
    /// <param name="isTerminal">True when a person reads it.</param>
    public void Write(IAnsiConsole console, bool isTerminal)
    {
        if (isTerminal)
        {
            WriteRuled(console);
        }
        else
        {
            WritePlain(console.Profile.Out.Writer);
        }
    }

    private static bool IsRight(string heading) => heading.StartsWith('>');

    private void WriteRuled(IAnsiConsole console)
    {
        var table = new Table().Border(TableBorder.Rounded).BorderColor(Color.Grey);
        foreach (var heading in headings)
        {
            var column = new TableColumn($"[bold]{Markup.Escape(heading.TrimStart('>'))}[/]");
            table.AddColumn(IsRight(heading) ? column.RightAligned() : column.LeftAligned());
        }

        foreach (var row in _rows)
        {
            table.AddRow([.. row.Select(cell => new Text(cell, StyleOf(cell)))]);
        }

        console.Write(table);
    }

    private void WritePlain(TextWriter writer)
    {
        var titles = headings.Select(heading => heading.TrimStart('>').ToUpperInvariant()).ToArray();
        var widths = titles.Select((title, column) => _rows.Select(row => row[column].Length).Append(title.Length).Max()).ToArray();
        foreach (var row in _rows.Prepend(titles))
        {
            var cells = row.Select((cell, column) => IsRight(headings[column]) ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]));
            writer.WriteLine(string.Join(new string(' ', Gap), cells).TrimEnd());
        }
    }

    /// <summary>The words that have a colour of their own wherever they stand.</summary>
    private static Style StyleOf(string cell) => cell switch
    {
        "ready" or "hit" => new Style(Color.Green),
        "draining" or "miss" => new Style(Color.Yellow),
        "lost" => new Style(Color.Red),
        _ => Style.Plain,
    };
}

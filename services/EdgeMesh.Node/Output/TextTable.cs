using Spectre.Console;
using Spectre.Console.Rendering;

namespace EdgeMesh.Node.Output;

/// <summary>Rows under headings: ruled and coloured on a terminal that is wide enough, aligned columns of plain text elsewhere.</summary>
/// <param name="headings">One per column; a heading that starts with <c>&gt;</c> aligns its column to the right.</param>
internal sealed class TextTable(params string[] headings)
{
    private const int Gap = 2;

    /// <summary>A rule and a space on either side of each cell, and the last rule.</summary>
    private const int RuledCell = 3;

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
        // A ruled table that does not fit breaks addresses within their cells, where they can no longer be copied.
        if (isTerminal && Widths().Sum(width => width + RuledCell) < console.Profile.Width)
        {
            WriteRuled(console);
        }
        else
        {
            foreach (var line in PlainLines())
            {
                console.Profile.Out.Writer.WriteLine(line);
            }
        }
    }

    private static bool IsRight(string heading) => heading.StartsWith('>');

    private static string Title(string heading) => heading.TrimStart('>');

    /// <summary>Columns of the screen that a text takes: two for each wide character.</summary>
    private static int Width(string text) => new Segment(text).CellCount();

    private void WriteRuled(IAnsiConsole console)
    {
        var table = new Table().Border(TableBorder.Rounded).BorderColor(Color.Grey);
        foreach (var heading in headings)
        {
            var column = new TableColumn($"[bold]{Markup.Escape(Title(heading))}[/]");
            table.AddColumn(IsRight(heading) ? column.RightAligned() : column.LeftAligned());
        }

        foreach (var row in _rows)
        {
            table.AddRow([.. row.Select(cell => new Text(cell, StyleOf(cell)))]);
        }

        console.Write(table);
    }

    /// <summary>Aligned columns of plain text, the headings first.</summary>
    public IEnumerable<string> PlainLines()
    {
        var widths = Widths();
        foreach (var row in _rows.Prepend([.. headings.Select(heading => Title(heading).ToUpperInvariant())]))
        {
            var cells = row.Select((cell, column) =>
            {
                var padding = new string(' ', widths[column] - Width(cell));
                return IsRight(headings[column]) ? padding + cell : cell + padding;
            });
            yield return string.Join(new string(' ', Gap), cells).TrimEnd();
        }
    }

    private int[] Widths() => [.. headings.Select((heading, column) => _rows.Select(row => Width(row[column])).Append(Width(Title(heading))).Max())];

    /// <summary>The words that have a colour of their own wherever they stand.</summary>
    private static Style StyleOf(string cell) => cell switch
    {
        "ready" or "hit" or "met" => new Style(Color.Green),
        "draining" or "miss" => new Style(Color.Yellow),
        "lost" or "missed" => new Style(Color.Red),
        _ => Style.Plain,
    };
}

using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Values;
using Spectre.Console;

namespace EdgeMesh.Node.Latencies;

/// <summary>The matrix as a table: from whom down, to whom across, milliseconds inside.</summary>
internal static class MatrixText
{
    /// <summary>What the marks in cells mean.</summary>
    public const string Legend = "milliseconds; ~ predicted from coordinates, ✗ unreachable, ? nothing known";

    // A rule and a space on either side of each cell, and the last rule.
    private const int RuledCell = 3;

    /// <summary>Writes it, coloured on a terminal that is wide enough, as aligned columns elsewhere.</summary>
    public static void Write(Terminal terminal, MatrixJson matrix)
    {
        if (terminal.OutIsTerminal && Widths(matrix) < terminal.OutConsole.Profile.Width)
        {
            terminal.OutConsole.Write(Coloured(matrix));
        }
        else
        {
            foreach (var line in Plain(matrix).PlainLines())
            {
                terminal.Out.WriteLine(line);
            }
        }
    }

    /// <summary>The table in plain text.</summary>
    public static TextTable Plain(MatrixJson matrix)
    {
        var table = new TextTable(["from \\ to", .. matrix.Nodes.Select(node => $">{node.Node}")]);
        foreach (var (node, cells) in Rows(matrix))
        {
            table.Add([node, .. cells.Select(Cell)]);
        }

        return table;
    }

    private static Table Coloured(MatrixJson matrix)
    {
        var table = new Table().Border(TableBorder.Rounded).BorderColor(Color.Grey).AddColumn(new TableColumn("[grey]from \\ to[/]"));
        foreach (var node in matrix.Nodes)
        {
            table.AddColumn(new TableColumn($"[bold]{Markup.Escape(node.Node)}[/]").RightAligned());
        }

        foreach (var (node, cells) in Rows(matrix))
        {
            table.AddRow([new Markup($"[bold]{Markup.Escape(node)}[/]"), .. cells.Select(pair => new Text(Cell(pair), StyleOf(pair)))]);
        }

        return table;
    }

    private static IEnumerable<(string Node, PairJson?[] Cells)> Rows(MatrixJson matrix)
    {
        var pairs = matrix.Pairs.ToDictionary(pair => (pair.From, pair.To));
        return matrix.Nodes.Select(from => (from.Node, matrix.Nodes.Select(to => pairs.GetValueOrDefault((from.Node, to.Node))).ToArray()));
    }

    /// <summary>Nothing on the diagonal; a pair that cannot be reached has its mark and no number, so that nobody takes it for one that can.</summary>
    private static string Cell(PairJson? pair) => pair switch
    {
        null => "",
        { Reachability: PairJson.Unreachable } => "✗",
        { Ms: { } ms } => (pair.Source == PairJson.Measured ? "" : "~") + Milliseconds.Digits(ms),
        _ => "?",
    };

    private static Style StyleOf(PairJson? pair)
    {
        if (pair is not { Ms: { } ms, Reachability: not PairJson.Unreachable })
        {
            return new Style(pair is { Reachability: PairJson.Unreachable } ? Color.Red : Color.Grey);
        }

        var (red, green, blue) = HeatScale.Of(ms);
        return new Style(new Color(red, green, blue), decoration: pair.Source == PairJson.Measured ? Decoration.None : Decoration.Italic);
    }

    private static int Widths(MatrixJson matrix) => matrix.Nodes.Sum(node => Math.Max(node.Node.Length, 6) + RuledCell) + matrix.Nodes.Select(node => node.Node.Length).Append(9).Max() + RuledCell + 1;
}

using System.Globalization;
using System.Security;
using System.Text;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.Latencies;

/// <summary>Draws the matrix as SVG: a cell a pair, coloured by its round trip; predicted ones dashed, unreachable ones crossed out.</summary>
internal static class MatrixHeatMap
{
    private const int Cell = 52;
    private const int Top = 120;
    private const int LetterWidth = 8;
    private const int LegendHeight = 70;

    // What the legend shows of the scale, in milliseconds.
    private static readonly double[] Marks = [1, 2, 5, 10, 20, 50, 100, 200, 500];

    /// <summary>Draws it.</summary>
    /// <returns>An SVG document.</returns>
    public static string Draw(MatrixJson matrix)
    {
        var indices = matrix.Nodes.Select((node, index) => (node.Node, index)).ToDictionary(one => one.Node, one => one.index);
        var left = 24 + (LetterWidth * matrix.Nodes.Select(node => node.Node.Length).Append(4).Max());
        var size = matrix.Nodes.Count * Cell;
        var (width, height) = (left + Math.Max(size, Marks.Length * Cell) + 60, Top + size + LegendHeight);
        var svg = new StringBuilder();
        svg.Append(Invariant($"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" font-family=\"system-ui, 'DejaVu Sans', sans-serif\" font-size=\"13\" fill=\"#333\">\n"));
        svg.Append(Invariant($"<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n"));
        for (var i = 0; i < matrix.Nodes.Count; i++)
        {
            var name = SecurityElement.Escape(matrix.Nodes[i].Node);
            var (x, y) = (left + (i * Cell) + (Cell / 2), Top + (i * Cell) + (Cell / 2));
            svg.Append(Invariant($"<text x=\"{left - 10}\" y=\"{y + 4.5}\" text-anchor=\"end\">{name}</text>\n"));
            svg.Append(Invariant($"<text transform=\"translate({x + 4.5} {Top - 10}) rotate(-45)\">{name}</text>\n"));
        }

        foreach (var pair in matrix.Pairs)
        {
            DrawPair(svg, pair, left + (indices[pair.To] * Cell), Top + (indices[pair.From] * Cell));
        }

        DrawLegend(svg, left, Top + size + 24);
        return svg.Append("</svg>\n").ToString();
    }

    private static void DrawPair(StringBuilder svg, PairJson pair, int x, int y)
    {
        var title = $"<title>{SecurityElement.Escape(Describe(pair))}</title>";
        if (pair.Reachability == PairJson.Unreachable || pair.Ms is not { } ms)
        {
            svg.Append(Invariant($"<g>{title}<rect x=\"{x + 1}\" y=\"{y + 1}\" width=\"{Cell - 2}\" height=\"{Cell - 2}\" fill=\"#eee\"/>"));
            svg.Append(pair.Reachability == PairJson.Unreachable
                ? Invariant($"<path d=\"M{x + 12} {y + 12}l{Cell - 24} {Cell - 24}m0 -{Cell - 24}l-{Cell - 24} {Cell - 24}\" stroke=\"#b00\" stroke-width=\"2\"/></g>\n")
                : Invariant($"<text x=\"{x + (Cell / 2)}\" y=\"{y + (Cell / 2) + 4.5}\" text-anchor=\"middle\" fill=\"#888\">?</text></g>\n"));
            return;
        }

        var colour = HeatScale.Of(ms);
        var ink = HeatScale.IsLight(colour) ? "#111" : "#fff";
        var dash = pair.Source == PairJson.Measured ? "" : Invariant($" stroke=\"{ink}\" stroke-dasharray=\"3 3\"");
        svg.Append(Invariant($"<g>{title}<rect x=\"{x + 1}\" y=\"{y + 1}\" width=\"{Cell - 2}\" height=\"{Cell - 2}\" fill=\"{Hex(colour)}\"{dash}/>"));
        svg.Append(Invariant($"<text x=\"{x + (Cell / 2)}\" y=\"{y + (Cell / 2) + 4.5}\" text-anchor=\"middle\" fill=\"{ink}\">{Milliseconds.Digits(ms)}</text></g>\n"));
    }

    private static void DrawLegend(StringBuilder svg, int left, int top)
    {
        for (var i = 0; i < Marks.Length; i++)
        {
            var x = left + (i * Cell);
            svg.Append(Invariant($"<rect x=\"{x}\" y=\"{top}\" width=\"{Cell}\" height=\"10\" fill=\"{Hex(HeatScale.Of(Marks[i]))}\"/><text x=\"{x + (Cell / 2)}\" y=\"{top + 26}\" text-anchor=\"middle\" fill=\"#666\">{Marks[i]}</text>\n"));
        }

        svg.Append(Invariant($"<text x=\"{left + (Marks.Length * Cell) + 8}\" y=\"{top + 26}\" fill=\"#666\">ms</text>\n"));
    }

    private static string Describe(PairJson pair)
    {
        var known = pair.Ms is { } ms ? $"{Milliseconds.Show(ms)} ± {Milliseconds.Show(pair.ErrorMs)}, {pair.Source}" : "nothing known";
        return $"{pair.From} to {pair.To}: {known}{(pair.P99Ms is { } p99 ? $", p99 {Milliseconds.Show(p99)}" : "")}{(pair.Reachability == PairJson.Unreachable ? ", unreachable" : "")}";
    }

    private static string Hex((byte Red, byte Green, byte Blue) colour) => $"#{colour.Red:x2}{colour.Green:x2}{colour.Blue:x2}";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

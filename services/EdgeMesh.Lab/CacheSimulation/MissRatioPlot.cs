using System.Globalization;
using System.Security;
using System.Text;

namespace EdgeMesh.Lab.CacheSimulation;

/// <summary>Draws miss-ratio curves as SVG: a line a policy, capacity from left to right on a logarithmic scale, misses upwards.</summary>
public static class MissRatioPlot
{
    // Points between the least and the largest capacity: enough that lines do not look angular.
    private const int Points = 17;

    // With a single capacity, the curve leads up to it from a hundredth.
    private const int SingleSpan = 100;

    private const int PanelWidth = 460;
    private const int PanelHeight = 380;
    private const int Left = 64;
    private const int Gap = 76;
    private const int Top = 64;
    private const int Bottom = 62;
    private const int LegendWidth = 150;
    private const int LegendRow = 24;
    private const int MaxTicks = 7;

    // Okabe and Ito's colours, which people of any colour vision tell apart; the store's own policies are drawn stronger, density's exponents by their dashes.
    private static readonly Dictionary<string, string> Colours = new()
    {
        ["fifo"] = "#9a9a9a",
        ["lru"] = "#e69f00",
        ["sieve"] = "#56b4e9",
        ["s3-fifo"] = "#009e73",
        ["w-tinylfu"] = "#cc79a7",
        ["gdsf"] = "#d55e00",
        ["belady"] = "#222222",
    };

    private static readonly string[] DensityDashes = ["", "9 4", "2 4", "12 3 2 3"];

    /// <summary>The asked capacities and those between the least and the largest of them that a curve needs.</summary>
    public static long[] CapacitiesBetween(IReadOnlyList<long> asked)
    {
        var (least, most) = (asked.Min(), asked.Max());
        least = least == most ? Math.Max(1, most / SingleSpan) : least;
        var between = Enumerable.Range(0, Points).Select(i => (long)Math.Round(least * Math.Pow((double)most / least, i / (Points - 1.0))));
        return [.. asked.Concat(between).Distinct().Order()];
    }

    /// <summary>Draws results.</summary>
    /// <param name="hasSizes">Whether bytes differ from objects: then there is a panel for each.</param>
    /// <returns>An SVG document.</returns>
    public static string Draw(IReadOnlyList<SimulationResult> results, bool hasSizes)
    {
        string[] policies = [.. results.Select(result => result.Policy).Distinct()];
        var panels = hasSizes ? 2 : 1;
        var legendLeft = Left + (panels * PanelWidth) + ((panels - 1) * Gap) + 28;
        var (width, height) = (legendLeft + LegendWidth, Top + PanelHeight + Bottom);
        var svg = new StringBuilder();
        svg.Append(Invariant($"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" font-family=\"system-ui, 'DejaVu Sans', sans-serif\" font-size=\"13\" fill=\"#333\">\n"));
        svg.Append(Invariant($"<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n"));
        DrawPanel(svg, results, policies, Left, hasSizes ? "Requests missed" : "Objects missed", hasSizes, result => 1 - result.ObjectHit);
        if (hasSizes)
        {
            DrawPanel(svg, results, policies, Left + PanelWidth + Gap, "Bytes missed", hasSizes, result => 1 - result.ByteHit);
        }

        for (var i = 0; i < policies.Length; i++)
        {
            var y = Top + 12 + (i * LegendRow);
            svg.Append(Invariant($"<line x1=\"{legendLeft}\" y1=\"{y}\" x2=\"{legendLeft + 30}\" y2=\"{y}\"{StyleOf(policies, i)}/>\n"));
            svg.Append(Invariant($"<text x=\"{legendLeft + 38}\" y=\"{y + 4.5}\">{SecurityElement.Escape(policies[i])}</text>\n"));
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void DrawPanel(StringBuilder svg, IReadOnlyList<SimulationResult> results, string[] policies, int left, string title, bool hasSizes, Func<SimulationResult, double> miss)
    {
        // 1. Scales.
        var (least, most) = (Math.Log2(results.Min(result => result.CapacityBytes)), Math.Log2(results.Max(result => result.CapacityBytes)));
        var (low, high) = (Math.Floor(results.Min(miss) * 10) / 10, Math.Ceiling(results.Max(miss) * 10) / 10);
        high = high > low ? high : low + 0.1;
        double X(double log2) => left + (most > least ? (log2 - least) / (most - least) * PanelWidth : PanelWidth / 2.0);
        double Y(double ratio) => Top + ((high - ratio) / (high - low) * PanelHeight);

        // 2. Title and axes.
        svg.Append(Invariant($"<text x=\"{left}\" y=\"{Top - 24}\" font-size=\"17\" font-weight=\"600\" fill=\"#111\">{title}</text>\n"));
        for (var tenths = (int)Math.Round(low * 10); tenths <= (int)Math.Round(high * 10); tenths++)
        {
            var y = Y(tenths / 10.0);
            svg.Append(Invariant($"<line x1=\"{left}\" y1=\"{y:0.0}\" x2=\"{left + PanelWidth}\" y2=\"{y:0.0}\" stroke=\"#e4e4e4\"/>\n"));
            svg.Append(Invariant($"<text x=\"{left - 10}\" y=\"{y + 4.5:0.0}\" text-anchor=\"end\" fill=\"#666\">{tenths * 10} %</text>\n"));
        }

        foreach (var (log2, label) in Ticks(least, most, hasSizes))
        {
            svg.Append(Invariant($"<line x1=\"{X(log2):0.0}\" y1=\"{Top + PanelHeight}\" x2=\"{X(log2):0.0}\" y2=\"{Top + PanelHeight + 5}\" stroke=\"#888\"/>\n"));
            svg.Append(Invariant($"<text x=\"{X(log2):0.0}\" y=\"{Top + PanelHeight + 21}\" text-anchor=\"middle\" fill=\"#666\">{label}</text>\n"));
        }

        svg.Append(Invariant($"<line x1=\"{left}\" y1=\"{Top + PanelHeight}\" x2=\"{left + PanelWidth}\" y2=\"{Top + PanelHeight}\" stroke=\"#888\"/>\n"));
        svg.Append(Invariant($"<text x=\"{left + (PanelWidth / 2)}\" y=\"{Top + PanelHeight + 46}\" text-anchor=\"middle\">capacity{(hasSizes ? "" : ", objects")}</text>\n"));

        // 3. Lines; the store's own on top.
        foreach (var i in Enumerable.Range(0, policies.Length).OrderBy(i => IsLive(policies[i])))
        {
            var points = results.Where(result => result.Policy == policies[i]).Select(result => Invariant($"{X(Math.Log2(result.CapacityBytes)):0.0},{Y(miss(result)):0.0}"));
            svg.Append(Invariant($"<polyline points=\"{string.Join(' ', points)}\"{StyleOf(policies, i)}/>\n"));
        }
    }

    private static IEnumerable<(double Log2, string Label)> Ticks(double least, double most, bool hasSizes)
    {
        if (hasSizes)
        {
            // Powers of two, as many steps apart as leaves room for their names.
            var step = Math.Max(1, (int)Math.Ceiling((most - least) / MaxTicks));
            for (var log2 = (int)Math.Ceiling(least); log2 <= most; log2 += step)
            {
                string[] units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
                yield return (log2, Invariant($"{1 << (log2 % 10)} {units[log2 / 10]}"));
            }
        }
        else
        {
            int[] digits = most - least > 10 ? [1] : [1, 2, 5];
            for (var decade = 1L; Math.Log2(decade) <= most; decade *= 10)
            {
                foreach (var digit in digits.Where(digit => Math.Log2(digit * decade) >= least && Math.Log2(digit * decade) <= most))
                {
                    yield return (Math.Log2(digit * decade), Invariant($"{digit * decade:N0}"));
                }
            }
        }
    }

    private static bool IsLive(string policy) => policy == "s3-fifo" || IsDensity(policy);

    private static bool IsDensity(string policy) => policy.StartsWith("density", StringComparison.Ordinal);

    private static string StyleOf(string[] policies, int index)
    {
        var policy = policies[index];
        var dash = policy == "belady" ? "5 4" : IsDensity(policy) ? DensityDashes[policies.Take(index).Count(IsDensity) % DensityDashes.Length] : "";
        var dashes = dash.Length > 0 ? $" stroke-dasharray=\"{dash}\"" : "";
        return Invariant($" fill=\"none\" stroke=\"{Colours.GetValueOrDefault(policy, "#0072b2")}\" stroke-width=\"{(IsLive(policy) ? 2.6 : 1.5)}\" stroke-linejoin=\"round\"{dashes}");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

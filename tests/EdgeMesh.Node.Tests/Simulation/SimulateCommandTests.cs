using System.Globalization;
using System.Text.Json;
using EdgeMesh.Testing;

namespace EdgeMesh.Node.Tests.Simulation;

public sealed class SimulateCommandTests
{
    /// <summary>Points on a line, 10 ms apart: the nearest is plain.</summary>
    private static readonly string Line = string.Join(
        '\n', Enumerable.Range(0, 12).Select(i => string.Join('\t', Enumerable.Range(0, 12).Select(j => (10 * Math.Abs(i - j)).ToString(CultureInfo.InvariantCulture)))));

    [Fact]
    public async Task Simulate_Json_HasEveryPromisedField()
    {
        using var directory = new TempDirectory();
        var run = await CliRun.Of("lab", "simulate", "--matrix", Write(directory, Line), "--nodes", "5", "--seed", "3", "--json");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        using var document = JsonDocument.Parse(run.OutputBytes);
        string[] promised = ["coordinate_median_error", "coordinate_p90_error", "true_nearest", "within_5ms", "mean_penalty_ms", "p99_penalty_ms", "probes_mean"];
        Assert.All(promised, field => Assert.Equal(JsonValueKind.Number, document.RootElement.GetProperty(field).ValueKind));
        Assert.Equal(7, document.RootElement.GetProperty("clients").GetInt32());
        Assert.InRange(document.RootElement.GetProperty("true_nearest").GetDouble(), 0.99, 1);
    }

    [Fact]
    public async Task Simulate_SeveralRuns_ShowsMediansAndSpread()
    {
        using var directory = new TempDirectory();
        var run = await CliRun.Of("lab", "simulate", "--matrix", Write(directory, Line), "--nodes", "5", "--runs", "2");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("LOWEST", run.Output, StringComparison.Ordinal);
        Assert.Contains("7 clients, 5 nodes, 2 run(s) from seed 1", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0\t1\n", "--nodes", "5", "matrix: the matrix has 1 rows, want 3 to 4096")]
    [InlineData("0\t1\t2\n1\t0\t-3\n2\t3\t0", "--nodes", "2", "row 2 (row 2), column 3 (row 3) is -3 ms, negative")]
    [InlineData("0\t1\t2\n1\t0\t3\n2\t3\t0", "--nodes", "3", "--nodes is 3, want 2 to 2 of 3 rows")]
    [InlineData("0\t1\t2\n1\t0\t3\n2\t3\t0", "--mislocated", "1.5", "--mislocated '1.5': want a share from 0 to 1")]
    public async Task Simulate_WrongInput_IsNamedInOneLine(string matrix, string option, string value, string said)
    {
        using var directory = new TempDirectory();
        var run = await CliRun.Of("lab", "simulate", "--matrix", Write(directory, matrix), option, value);

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains(said, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lab", "no command; there are simulate")]
    [InlineData("lab dance", "no such command 'dance'; there are simulate")]
    [InlineData("lab simulate", "See: edgemesh lab simulate --help")]
    public async Task Lab_WithoutACommandThatItHas_SaysWhatThereIs(string line, string said)
    {
        var run = await CliRun.Of(line.Split(' '));

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(said, run.Error, StringComparison.Ordinal);
    }

    private static string Write(TempDirectory directory, string matrix)
    {
        var path = Path.Combine(directory.Path, "matrix");
        File.WriteAllText(path, matrix);
        return path;
    }
}

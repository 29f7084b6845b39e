using System.Text.Json.Nodes;
using EdgeMesh.Testing;

namespace EdgeMesh.Scenarios.Up;

/// <summary><c>edgemesh lab up</c>: real processes with a matrix's delays between them.</summary>
public sealed class LabUpTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task LabUp_TwoFarIslands_EveryClientCallsTheNodeOfItsOwn()
    {
        // Two rows here, two there; two of the four are nodes. Near or far differs by more than a busy machine adds.
        var matrix = _directory.File("islands.tsv");
        await File.WriteAllTextAsync(matrix, "\ta\tb\ty\tz\na\t0\t20\t400\t400\nb\t20\t0\t400\t400\ny\t400\t400\t0\t20\nz\t400\t400\t20\t0\n");

        // Seed 3 draws a node from each side; a seeded source of the runtime stays what it is.
        await using var lab = EdgeMeshProgram.Start("lab", "up", "--matrix", matrix, "--nodes", "2", "--seed", "3", "--probe-timeout", "20s", "--duration", "1s", "--rate", "5", "--json");

        Assert.Equal(0, await lab.WaitForExitAsync(Patience));
        var report = JsonNode.Parse(string.Join('\n', lab.Output))!;
        var clients = report["clients"]!.AsArray();
        Assert.Equal(2, clients.Count);
        Assert.Equal(2, report["nodes"]!.AsArray().Select(node => "ab".Contains((string)node!["place"]!, StringComparison.Ordinal)).Distinct().Count());
        Assert.All(clients, client => Assert.True(
            (bool)client!["isNearest"]! && (double)client["chosenMs"]! == 20 && (int)client["failedCalls"]! == 0 && (double)client["measuredMs"]! >= 20,
            $"{client.ToJsonString()}\n{string.Join('\n', lab.Errors)}"));
        foreach (var node in report["nodes"]!.AsArray())
        {
            Assert.True(await ProcessEnd.WaitAsync((int)node!["pid"]!, Patience));
        }
    }

    [Theory]
    [InlineData("a\tb\n0\t1\n1\t0\n", "--matrix", "the matrix has 2 rows, want 3 to 4096")]
    [InlineData("0 1 x\n1 0 2\n1 2 0\n", "--matrix", "column 3 (row 3) is 'x', want a number of milliseconds")]
    [InlineData("0 1 2\n1 0 2\n1 2 0\n", "--nodes is 3", "want 2 to 2 of 3 rows: at least one must be a client")]
    public async Task LabUp_WrongMatrix_SaysWhereAndExitsWith2(string text, string names, string says)
    {
        var matrix = _directory.File("wrong.tsv");
        await File.WriteAllTextAsync(matrix, text);

        await using var lab = EdgeMeshProgram.Start("lab", "up", "--matrix", matrix, "--nodes", "3");

        Assert.Equal(2, await lab.WaitForExitAsync(Patience));
        Assert.Contains(names, lab.Errors[^1], StringComparison.Ordinal);
        Assert.Contains(says, lab.Errors[^1], StringComparison.Ordinal);
    }
}

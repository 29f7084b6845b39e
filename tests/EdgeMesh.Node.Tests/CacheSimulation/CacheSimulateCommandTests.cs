using System.Text;
using System.Text.Json;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Testing;

namespace EdgeMesh.Node.Tests.CacheSimulation;

public sealed class CacheSimulateCommandTests
{
    // 1,000 requests in turn for 20 objects of 100 bytes.
    private static readonly byte[] Loop = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 1000).Select(i => $"{i} {i % 20} 100\n")));

    [Fact]
    public async Task Json_OfStandardInput_HasOneElementPerPolicyAndCapacity()
    {
        var run = await CliRun.With([], Loop, "cache", "simulate", "-", "--format", "text-time-id-size", "--policy", "lru,density:0.5", "--capacity", "100%,500", "--json");

        Assert.Equal(ExitCodes.Success, run.ExitCode);
        var rows = JsonDocument.Parse(run.Output).RootElement.EnumerateArray().ToList();
        Assert.Equal(["lru 100%", "lru 500", "density:0.5 100%", "density:0.5 500"], rows.Select(row => $"{row.GetProperty("policy")} {row.GetProperty("capacity")}"));
        Assert.Equal([0.98, 0], rows.Take(2).Select(row => row.GetProperty("object_hit").GetDouble()));
        Assert.Equal([0.98, 0], rows.Take(2).Select(row => row.GetProperty("byte_hit").GetDouble()));
        Assert.Equal(2000, rows[0].GetProperty("capacity_bytes").GetInt64());
    }

    [Fact]
    public async Task Table_WithUnitSizes_CountsObjects()
    {
        var run = await CliRun.With([], Loop, "cache", "simulate", "-", "--format", "text-time-id-size", "--unit", "--capacity", "50%,20", "--policy", "fifo,belady");

        Assert.Equal(ExitCodes.Success, run.ExitCode);
        var lines = run.Output.Split('\n');
        Assert.Equal("POLICY  CAPACITY  OBJECTS  OBJECT HIT  BYTE HIT", lines[0]);
        Assert.Equal("fifo         50%       10       0.0 %     0.0 %", lines[1]);
        Assert.Equal("fifo          20       20      98.0 %    98.0 %", lines[2]);
        Assert.StartsWith("belady       50%       10      4", lines[3]);
        Assert.Equal("1,000 requests for 20 objects", run.Error.TrimEnd());
    }

    [Fact]
    public async Task Plot_ToAFile_IsAnImage()
    {
        using var directory = new TempDirectory();
        var path = Path.Combine(directory.Path, "curve.svg");

        var run = await CliRun.With([], Loop, "cache", "simulate", "-", "--format", "text-time-id-size", "--plot", path);

        Assert.Equal(ExitCodes.Success, run.ExitCode);
        Assert.StartsWith("<svg ", await File.ReadAllTextAsync(path));
        Assert.Equal(31, run.Output.TrimEnd().Split('\n').Length);
    }

    [Theory]
    [InlineData("--format 'parquet': there are text-time-id-size, u32-id-size, be-i32, be-i64, own", "-", "--format", "parquet")]
    [InlineData("--policy 'lru,arc': there are all, fifo, lru,", "-", "--format", "own", "--policy", "lru,arc")]
    [InlineData("--capacity '0%': want percentages of the footprint above 0", "-", "--format", "own", "--capacity", "0%")]
    [InlineData("--capacity '1%,x': want percentages of the footprint above 0", "-", "--format", "own", "--capacity", "1%,x")]
    [InlineData("-: line 1: the time must be a number, got \"?PNG\"", "-", "--format", "text-time-id-size")]
    [InlineData("/no/such.trace", "/no/such.trace", "--format", "own")]
    public async Task Usage_ThatIsWrong_SaysWhatIsRight(string complaint, params string[] arguments)
    {
        var run = await CliRun.With([], [0x89, (byte)'P', (byte)'N', (byte)'G', (byte)' ', 1, (byte)' ', 2], ["cache", "simulate", .. arguments]);

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.Contains(complaint, run.Error);
        Assert.Empty(run.Output);
    }
}

using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Configuration;
using EdgeMesh.Testing;

namespace EdgeMesh.Node.Tests.Configuration;

public sealed class ConfigCommandsTests : IDisposable
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly TempDirectory _directory = new();
    private readonly string _file;

    public ConfigCommandsTests() => _file = _directory.File("edgemesh.yaml");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task ConfigShow_OfACommandLine_HasValuesAndSources()
    {
        await File.WriteAllTextAsync(_file, "edge:\n  region: http://127.0.0.1:6400\n  cache-bytes: 512MiB\n");

        var run = await CliRun.With(new() { ["EDGEMESH_NAME"] = "LHR50-1" }, [], "config", "show", "edge", "--config", _file, "--insecure", "--json");

        Assert.Equal((ExitCodes.Success, ""), (run.ExitCode, run.Error));
        var options = JsonDocument.Parse(run.Output).RootElement.GetProperty("options").EnumerateArray().ToDictionary(
            option => option.GetProperty("path").GetString()!,
            option => (string.Join(' ', option.GetProperty("values").EnumerateArray().Select(value => value.GetString())), option.GetProperty("source").GetString()));
        Assert.Equal(("LHR50-1", "env EDGEMESH_NAME"), options["edge.name"]);
        Assert.Equal(("512MiB", $"{_file}:3"), options["edge.cache-bytes"]);
        Assert.Equal(("true", "flag"), options["edge.insecure"]);
        Assert.Equal(("127.0.0.1:6401", "default"), options["edge.listen"]);
        Assert.DoesNotContain("edge.json", options.Keys);
    }

    [Fact]
    public async Task ConfigShow_WrongConfiguration_TellsAllFaults()
    {
        await File.WriteAllTextAsync(_file, "edge:\n  name: lhr\n  region: http://127.0.0.1:6400\n  advertise: x\n");

        var run = await CliRun.Of("config", "show", "edge", "--config", _file);

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.Equal(2, run.Error.TrimEnd().Split('\n').Length);
        Assert.Contains($"{_file}:2 edge.name: --name must be", run.Error);
    }

    [Fact]
    public async Task Config_WithoutShow_NamesIt()
    {
        var run = await CliRun.Of("config");

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.StartsWith("edgemesh: no command; there are show", run.Error);
    }

    [Theory]
    [InlineData("--password", "TEXT", true)]
    [InlineData("--token", "TOKEN", true)]
    [InlineData("--token-file", "FILE", false)]
    [InlineData("--tls-key", "FILE", false)]
    [InlineData("--cache-bytes", "SIZE", false)]
    public void IsSecretOption_ByName_UnlessItNamesTheFile(string name, string helpName, bool expected) =>
        Assert.Equal(expected, EffectiveOption.IsSecretOption(new Option<string>(name) { HelpName = helpName }));

    [Fact]
    public async Task Reload_OfARunningEdge_SaysWhatCameOfIt()
    {
        Write("64MiB", "127.0.0.1:0");
        await using var edge = await NodeProcess.StartAsync("edge", "--config", _file);
        var admin = edge.AdminAddress.GetLeftPart(UriPartial.Authority);

        // 1. Followed, and in need of a restart.
        Write("128MiB", "127.0.0.1:1");
        var reload = await CliRun.Of("reload", "--to", admin);
        Assert.Equal((ExitCodes.Success, ""), (reload.ExitCode, reload.Error));
        Assert.StartsWith("applied edge.cache-bytes\nneeds restart edge.listen\nunchanged ", reload.Output.ReplaceLineEndings("\n"));

        // 2. Shown by the node itself.
        var show = await CliRun.Of("config", "show", "--to", admin);
        Assert.Equal((ExitCodes.Success, ""), (show.ExitCode, show.Error));
        Assert.Matches(@"edge\.cache-bytes +128MiB +.*edgemesh\.yaml:5\n", show.Output);
        Assert.Matches(@"edge\.listen +127\.0\.0\.1:0 +.*edgemesh\.yaml:4\n", show.Output);

        // 3. Wrong: nothing changes.
        Write("12MB", "127.0.0.1:0");
        var wrong = await CliRun.Of("reload", "--to", admin);
        Assert.Equal(ExitCodes.Usage, wrong.ExitCode);
        Assert.StartsWith($"edgemesh: {_file}:5 edge.cache-bytes: --cache-bytes '12MB': want a number", wrong.Error);
        Assert.Contains("128MiB", (await CliRun.Of("config", "show", "--to", admin)).Output);
    }

    [Fact]
    public async Task Commands_ThroughTheDataListenerOfARegion_NeedTheRole()
    {
        await using var region = await NodeProcess.StartRegionAsync(_directory.Path);
        var data = region.Address.GetLeftPart(UriPartial.Authority);
        async Task<string> TokenAsync(string role) => (await CliRun.Of("token", "create", "--role", role, "--to", region.AdminAddress.ToString())).Output.Trim();
        var (reader, admin) = (await TokenAsync("reader"), await TokenAsync("admin"));

        Assert.Contains("UNAUTHENTICATED", (await CliRun.Of("reload", "--to", data)).Error);
        Assert.Contains("UNAUTHENTICATED", (await CliRun.Of("config", "show", "--to", data)).Error);
        Assert.Contains("PERMISSION_DENIED", (await CliRun.Of("reload", "--to", data, "--token", reader)).Error);
        Assert.Matches("region\\.name +eu-west-2 +flag\n", (await CliRun.Of("config", "show", "--to", data, "--token", reader)).Output);
        Assert.StartsWith("unchanged ", (await CliRun.Of("reload", "--to", data, "--token", admin)).Output);

        // HTTP answers the same.
        using var http = new HttpClient { BaseAddress = region.AdminAddress };
        var config = JsonDocument.Parse(await http.GetStringAsync(new Uri("/config", UriKind.Relative))).RootElement;
        Assert.Equal((await CliRun.Of("config", "show", "--to", data, "--token", reader, "--json")).Output.ReplaceLineEndings(""), JsonSerializer.Serialize(config, Indented).ReplaceLineEndings(""));
    }

    [Theory]
    [InlineData("reload")]
    [InlineData("config", "show")]
    public async Task Ask_NobodyThere_OneLineAndExitCode1(params string[] command)
    {
        var target = $"http://127.0.0.1:{FreePort.Take()}";

        var run = await CliRun.Of([.. command, "--to", target]);

        Assert.Equal(ExitCodes.Failed, run.ExitCode);
        Assert.StartsWith($"edgemesh: cannot reach {target}: Connection refused", run.Error);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
    }

    private void Write(string cacheBytes, string listen) => File.WriteAllText(
        _file, $"edge:\n  name: LHR50-1\n  region: http://127.0.0.1:9\n  listen: {listen}\n  cache-bytes: {cacheBytes}\n");
}

using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Configuration;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Servers;
using EdgeMesh.Testing;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Tests.Configuration;

public sealed class RunningConfigurationTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly string _file;
    private readonly Interruption _interruption = new();
    private readonly ServerCommand _edge;
    private readonly RunningConfiguration _configuration;

    public RunningConfigurationTests()
    {
        _file = _directory.File("edgemesh.yaml");
        Write("cache-bytes: 64MiB");
        var given = new GivenOptions(["edge", "--config", _file, "--name", "LHR50-1"], new Dictionary<string, string> { ["EDGEMESH_LISTEN"] = "127.0.0.1:0" });
        var root = CommandTree.Create(Terminal.Redirected(Stream.Null, Stream.Null, TextWriter.Null, new Dictionary<string, string>()), _interruption, given, new Random(1));
        _edge = root.Subcommands.OfType<ServerCommand>().Single(command => command.Name == "edge");
        _configuration = new(_edge, _edge.Resolve(root), () => _edge.Resolve(root));
    }

    public void Dispose()
    {
        _interruption.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Options_OfAStart_HaveValuesAndSources()
    {
        Assert.Equal(("LHR50-1", "flag"), Of("edge.name"));
        Assert.Equal(("127.0.0.1:0", "env EDGEMESH_LISTEN"), Of("edge.listen"));
        Assert.Equal(("64MiB", $"{_file}:3"), Of("edge.cache-bytes"));
        Assert.Equal(("30s", "default"), Of("edge.shutdown-timeout"));
        Assert.Equal(("information", "default"), Of("edge.log-level"));
        Assert.Equal(("false", "default"), Of("edge.insecure"));
        Assert.Equal(("", "default"), Of("edge.advertise"));
    }

    [Fact]
    public async Task Reload_SameValueInOtherWords_IsUnchangedWithItsNewLine()
    {
        _configuration.Begin([]);
        Write("# sixty-four", "cache-bytes: 67108864");

        var result = await ReloadAsync();

        Assert.Empty(result.Faults);
        Assert.Empty(result.NeedsRestart);
        Assert.Equal(("67108864", $"{_file}:4"), Of("edge.cache-bytes"));
    }

    [Fact]
    public async Task Reload_WhatNobodyFollows_NeedsARestartAndStaysWhatItIs()
    {
        _configuration.Begin([]);
        Write("cache-bytes: 128MiB");

        Assert.Equal(["edge.cache-bytes"], (await ReloadAsync()).NeedsRestart);
        Assert.Equal(("64MiB", $"{_file}:3"), Of("edge.cache-bytes"));
        Assert.Equal(["edge.cache-bytes"], (await ReloadAsync()).NeedsRestart);
        Write("cache-bytes: 64MiB");
        Assert.Empty((await ReloadAsync()).NeedsRestart);
    }

    [Fact]
    public async Task Reload_WhatIsFollowed_IsApplied()
    {
        var applied = new List<string?>();
        var option = Option("--cache-bytes");
        _configuration.Begin([new([option], changed => applied.Add(changed.GetResult(option)!.Tokens.Single().Value))]);
        Write("cache-bytes: 128MiB");

        Assert.Equal(["edge.cache-bytes"], (await ReloadAsync()).Applied);
        Assert.Equal(["128MiB"], applied);
        Assert.Equal(("128MiB", $"{_file}:3"), Of("edge.cache-bytes"));
    }

    [Fact]
    public async Task Reload_WhatCannotBeApplied_IsToldAndTheRestGoesOn()
    {
        _configuration.Begin([new([Option("--cache-bytes")], _ => throw new InvalidOperationException("no room")), new([Option("--shutdown-timeout")], _ => { })]);
        Write("cache-bytes: 128MiB", "shutdown-timeout: 5s");

        var result = await ReloadAsync();

        Assert.Equal(["edge.cache-bytes could not be applied: no room"], result.Faults);
        Assert.Equal(["edge.shutdown-timeout"], result.Applied);
        Assert.Equal(("64MiB", $"{_file}:3"), Of("edge.cache-bytes"));
    }

    [Fact]
    public async Task Reload_WrongFile_AppliesNothing()
    {
        _configuration.Begin([new([Option("--shutdown-timeout")], _ => Assert.Fail("applied"))]);
        Write("shutdown-timeout: 5s", "cache-bytes: 1KiB", "advertise: nowhere");

        var result = await ReloadAsync();

        Assert.Equal(2, result.Faults.Count);
        Assert.StartsWith($"{_file}:4 edge.cache-bytes: --cache-bytes must be ", result.Faults[0]);
        Assert.StartsWith($"{_file}:5 edge.advertise: --advertise must be", result.Faults[1]);
        Assert.Empty(result.Applied);
        Assert.Equal(("64MiB", $"{_file}:3"), Of("edge.cache-bytes"));
    }

    [Fact]
    public async Task Reload_BeforeTheNodeIsReady_WaitsForIt()
    {
        var reload = ReloadAsync();
        Assert.False(reload.IsCompleted);

        _configuration.Begin([]);

        Assert.Empty((await reload.WaitAsync(TestDeadline.Default)).Faults);
    }

    private Option Option(string name) => _edge.Options.Single(option => option.Name == name);

    private Task<ReloadResponse> ReloadAsync() => _configuration.ReloadAsync(CancellationToken.None);

    private (string Value, string Source) Of(string path)
    {
        var option = _configuration.Options.Single(option => option.Path == path);
        return (string.Join(' ', option.Texts), option.Source.ToString());
    }

    private void Write(params string[] lines) => File.WriteAllText(_file, $"edge:\n  region: http://127.0.0.1:6400\n  {string.Join("\n  ", lines)}\n");
}

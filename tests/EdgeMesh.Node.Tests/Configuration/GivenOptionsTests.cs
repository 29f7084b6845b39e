using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Configuration;
using EdgeMesh.Node.Tests.Contracts;
using EdgeMesh.Testing;

namespace EdgeMesh.Node.Tests.Configuration;

public sealed class GivenOptionsTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly string _file;

    public GivenOptionsTests()
    {
        _file = _directory.File("edgemesh.yaml");
        File.WriteAllText(_file, "edge:\n  name: LHR50-1\n  region: http://127.0.0.1:6400\n  listen: 127.0.0.1:7001\n  cache-bytes: 64MiB\n  insecure: true\n");
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Resolve_FlagVariableFileDefault_TheStrongestWins()
    {
        var resolved = Resolve(new() { ["EDGEMESH_NAME"] = "CDG50-1", ["EDGEMESH_LISTEN"] = "127.0.0.1:7002" }, "edge", "--config", _file, "--listen", "127.0.0.1:7003");

        Assert.Empty(resolved.Errors);
        Assert.Equal(("127.0.0.1:7003", "flag"), Of(resolved, "--listen"));
        Assert.Equal(("CDG50-1", "env EDGEMESH_NAME"), Of(resolved, "--name"));
        Assert.Equal(("67108864", $"{_file}:5"), (new string([.. $"{resolved.Parsed.GetValue<EdgeMesh.Node.Values.ByteSize?>("--cache-bytes")?.Bytes}"]), Of(resolved, "--cache-bytes").Source));
        Assert.True(resolved.Parsed.GetValue<bool>("--insecure"));
        Assert.Equal("default", Of(resolved, "--log-level").Source);
    }

    [Fact]
    public void Resolve_SwitchOffByFlag_WinsOverTheFile()
    {
        var resolved = Resolve([], "edge", "--config", _file, "--insecure=false");

        Assert.False(resolved.Parsed.GetValue<bool>("--insecure"));
    }

    [Fact]
    public void Resolve_FileNamedByVariable_IsRead() =>
        Assert.Equal(("LHR50-1", $"{_file}:2"), Of(Resolve(new() { ["EDGEMESH_CONFIG"] = _file }, "edge"), "--name"));

    [Fact]
    public void Resolve_NoFileNamed_NoneIsPickedUp()
    {
        var resolved = Resolve([], "edge");

        Assert.Equal(["Option '--name' is required."], resolved.Errors);
    }

    [Fact]
    public void Resolve_FileWithoutTheSection_SaysSo() =>
        Assert.Equal([$"{_file}: has no section region:"], Resolve([], "region", "--config", _file).Errors);

    [Fact]
    public void Resolve_FaultInAnotherSection_IsAFaultOfTheFile()
    {
        File.AppendAllText(_file, "region:\n  nmae: eu-west-2\n");

        Assert.Equal([$"{_file}:8 region.nmae: is no option of edgemesh region that a file may have; did you mean name?"], Resolve([], "edge", "--config", _file).Errors);
    }

    [Fact]
    public void Resolve_WrongVariableAndWrongFile_BothAreTold()
    {
        File.AppendAllText(_file, "  shutdown-timeout: soon\n");

        var errors = Resolve(new() { ["EDGEMESH_LOG_LEVEL"] = "loud" }, "edge", "--config", _file).Errors;

        Assert.Equal(2, errors.Count);
        Assert.StartsWith($"{_file}:7 edge.shutdown-timeout: --shutdown-timeout 'soon': want a time", errors[0]);
        Assert.StartsWith("EDGEMESH_LOG_LEVEL: --log-level 'loud': want trace", errors[1]);
    }

    [Fact]
    public async Task Start_ValuesThatDoNotSuitEachOther_NameTheirLine()
    {
        File.WriteAllText(_file, "edge:\n  name: lhr\n  region: http://127.0.0.1:6400\n  tls-cert: absent.pem\n");

        var run = await CliRun.With(new() { ["EDGEMESH_LISTEN"] = "nowhere" }, [], "edge", "--config", _file);

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        var lines = run.Error.TrimEnd().Split('\n');
        Assert.StartsWith($"edgemesh: {_file}:2 edge.name: --name must be 3 letters A-Z", lines[0]);
        Assert.StartsWith("edgemesh: EDGEMESH_LISTEN: --listen must be ADDRESS:PORT", lines[1]);
        Assert.StartsWith("edgemesh: --tls-key is missing: --tls-cert needs it", lines[2]);
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task Start_MisspeltVariable_IsWarnedOf()
    {
        var run = await CliRun.With(new() { ["EDGEMESH_CACHE_BYTE"] = "1MiB", ["EDGEMESH_NAME"] = "lhr" }, [], "edge", "--region", "http://127.0.0.1:6400");

        Assert.Contains("edgemesh: warning: EDGEMESH_CACHE_BYTE is ignored: no option has this variable; did you mean EDGEMESH_CACHE_BYTES?", run.Error);
        Assert.DoesNotContain("EDGEMESH_NAME is ignored", run.Error);
    }

    private static ResolvedOptions Resolve(Dictionary<string, string> environment, params string[] arguments) => new GivenOptions(arguments, environment).Resolve(CliDocumentTests.Root);

    private static (string? Value, string Source) Of(ResolvedOptions resolved, string name)
    {
        var option = resolved.Parsed.CommandResult.Command.Options.Single(option => option.Name == name);
        return (resolved.Parsed.GetResult(option)?.Tokens.LastOrDefault()?.Value, resolved.SourceOf(option).ToString());
    }
}

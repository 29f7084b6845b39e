using System.Text.Json;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Testing;

namespace EdgeMesh.Node.Tests.Configuration;

public sealed class ValidateCommandTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly string _file;

    public ValidateCommandTests() => _file = _directory.File("edgemesh.yaml");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Validate_SampleForUsers_IsRight()
    {
        var run = await CliRun.Of("validate", Path.Combine(Repository.Root, "deploy", "edgemesh.yaml"));

        Assert.Equal((ExitCodes.Success, ""), (run.ExitCode, run.Error));
    }

    [Fact]
    public async Task Validate_WhatAStartWouldRefuse_HasItsLine()
    {
        File.WriteAllText(_directory.File("not-a-directory"), "");
        var run = await Validate($"""
            region:
              name: eu-west
              data: {_directory.File("not-a-directory")}
              listen: 0.0.0.0:6400
              default-cache-control: "a\tb"
              origin: [a.=http://h:1, a.=http://h:2]
              origin-reflection: b.
              origin-descriptors:
                a.: {_directory.File("absent.binpb")}
            edge:
              name: LHR50-1
              region: http://127.0.0.1:6400/path
              cache-bytes: 1KiB
              tls-cert: {_directory.File("absent.pem")}
              tls-key: {_directory.File("absent.key")}
              advertise: somewhere
            """);

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.Empty(run.Output);
        Assert.Equal(
            ["2 region.name", "3 region.data", "4 region.listen", "5 region.default-cache-control", "6 region.origin", "7 region.origin-reflection", "8 region.origin-descriptors", "12 edge.region", "13 edge.cache-bytes", "14 edge.tls-cert", "16 edge.advertise"],
            Places(run).Distinct());
    }

    [Fact]
    public async Task Validate_WhatMustBeGivenIsNot_IsANote()
    {
        var run = await Validate("region:\n  name: eu-west-2\nedge:\n  insecure: true\n");

        Assert.Equal(ExitCodes.Success, run.ExitCode);
        Assert.Equal(
            [
                $"note: {_file}:1 region.data: is not there: --data or EDGEMESH_DATA must give it",
                $"note: {_file}:3 edge.name: is not there: --name or EDGEMESH_NAME must give it",
                $"note: {_file}:3 edge.region: is not there: --region or EDGEMESH_REGION must give it",
            ],
            run.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Validate_WrongRequiredValue_IsToldOnce()
    {
        var run = await Validate("edge:\n  name: [LHR50-1]\n  region: ftp://h\n");

        Assert.Equal(["2 edge.name", "3 edge.region"], Places(run));
        Assert.DoesNotContain("note:", run.Error);
    }

    [Fact]
    public async Task Validate_Json_HasLinePathAndMessage()
    {
        File.WriteAllText(_file, "edge:\n  nmae: LHR50-1\n");

        var run = await CliRun.Of("validate", _file, "--json");

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        var json = JsonDocument.Parse(run.Output).RootElement;
        Assert.False(json.GetProperty("valid").GetBoolean());
        var fault = json.GetProperty("faults").EnumerateArray().Single();
        Assert.Equal((2, "edge.nmae"), (fault.GetProperty("line").GetInt32(), fault.GetProperty("path").GetString()));
        Assert.EndsWith("did you mean name?", fault.GetProperty("message").GetString());
        Assert.Equal(["edge.name", "edge.region"], json.GetProperty("missing").EnumerateArray().Select(missing => missing.GetProperty("path").GetString()));
    }

    [Theory]
    [InlineData("", "has no section")]
    [InlineData("edge: [", "is not YAML")]
    public async Task Validate_NothingToRead_IsAFault(string text, string expected)
    {
        var run = await Validate(text);

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.Contains(expected, run.Error);
    }

    [Fact]
    public async Task Validate_AbsentFile_IsAFault()
    {
        var run = await CliRun.Of("validate", _file);

        Assert.Equal((ExitCodes.Usage, $"edgemesh: {_file}: cannot be read: Could not find file '{_file}'."), (run.ExitCode, run.Error.TrimEnd()));
    }

    private async Task<CliRun> Validate(string text)
    {
        await File.WriteAllTextAsync(_file, text);
        return await CliRun.Of("validate", _file);
    }

    private IEnumerable<string> Places(CliRun run) =>
        from line in run.Error.Split('\n')
        where line.StartsWith($"edgemesh: {_file}:", StringComparison.Ordinal)
        select line[$"edgemesh: {_file}:".Length..].Split(": ", 2)[0];
}

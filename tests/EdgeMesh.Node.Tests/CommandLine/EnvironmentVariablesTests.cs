using EdgeMesh.Node.CommandLine;

namespace EdgeMesh.Node.Tests.CommandLine;

public sealed class EnvironmentVariablesTests
{
    [Theory]
    [InlineData("1")]
    [InlineData("true")]
    [InlineData("YES")]
    public async Task Splice_SwitchVariable_SetsTheSwitch(string text)
    {
        var run = await CliRun.With(new() { ["EDGEMESH_JSON"] = text }, [], "version");

        Assert.Equal(ExitCodes.Success, run.ExitCode);
        Assert.StartsWith("{", run.Output);
    }

    [Fact]
    public async Task Splice_OptionOnCommandLine_WinsOverVariable()
    {
        var run = await CliRun.With(new() { ["EDGEMESH_JSON"] = "true" }, [], "version", "--json=false");

        Assert.StartsWith("edgemesh ", run.Output);
    }

    [Fact]
    public async Task Splice_AliasOnCommandLine_WinsOverVariable()
    {
        // Had the variable won, its refusal would be the error.
        var run = await CliRun.With(new() { ["EDGEMESH_TARGET"] = "nonsense://" }, [], "ls", "--to", "ftp://x");

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.Contains("--target 'ftp://x'", run.Error);
        Assert.DoesNotContain("nonsense", run.Error);
    }

    [Fact]
    public async Task Splice_WrongValue_NamesTheVariable()
    {
        var run = await CliRun.With(new() { ["EDGEMESH_TIMEOUT"] = "soon" }, [], "ls");

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.Contains("edgemesh: EDGEMESH_TIMEOUT: --timeout 'soon': want a time", run.Error);
    }

    [Fact]
    public async Task Splice_WrongSwitch_NamesTheVariable()
    {
        var run = await CliRun.With(new() { ["EDGEMESH_JSON"] = "perhaps" }, [], "version");

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.Equal("edgemesh: EDGEMESH_JSON 'perhaps': want true or false", run.Error.TrimEnd());
    }

    [Fact]
    public async Task Splice_RepeatableOption_TakesValuesBetweenSemicolons()
    {
        var run = await CliRun.With(new() { ["EDGEMESH_METADATA"] = "a=1; broken ;b=2;worse" }, [], "put", "-", "b/k");

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.Contains("'broken': want KEY=VALUE", run.Error);
        Assert.Contains("'worse': want KEY=VALUE", run.Error);
        Assert.DoesNotContain("a=1", run.Error);
    }

    [Fact]
    public async Task Splice_EmptyVariable_CountsAsAbsent()
    {
        var run = await CliRun.With(new() { ["EDGEMESH_JSON"] = "" }, [], "version");

        Assert.Equal(ExitCodes.Success, run.ExitCode);
    }

    [Fact]
    public async Task Splice_AfterDoubleDash_OptionsStayOptions()
    {
        var run = await CliRun.With(new() { ["EDGEMESH_TIMEOUT"] = "soon" }, [], "put", "--", "-odd-file-", "b/k");

        Assert.Contains("EDGEMESH_TIMEOUT", run.Error);
    }
}

using System.Text;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Output;

namespace EdgeMesh.Node.Tests;

/// <summary>One command line, run inside the test's process with streams in memory.</summary>
internal sealed record CliRun(int ExitCode, byte[] OutputBytes, string Error)
{
    public string Output => Encoding.UTF8.GetString(OutputBytes);

    public static Task<CliRun> Of(params string[] arguments) => With([], [], arguments);

    public static async Task<CliRun> With(Dictionary<string, string> environment, byte[] input, params string[] arguments)
    {
        var output = new MemoryStream();
        var error = new StringWriter();
        using var interruption = new Interruption();
        var terminal = Terminal.Redirected(new UnseekableStream(input), output, error, environment);
        var exitCode = await Application.RunAsync(arguments, terminal, interruption);
        return new(exitCode, output.ToArray(), error.ToString());
    }

    /// <summary>Standard input cannot seek.</summary>
    private sealed class UnseekableStream(byte[] content) : MemoryStream(content)
    {
        public override bool CanSeek => false;
    }
}

using System.Diagnostics;
using EdgeMesh.Benchmarks.Load;
using EdgeMesh.Testing;

namespace EdgeMesh.Benchmarks.Identities;

/// <summary>The command <c>identities</c>: the fuzzer of <c>tests/grpc-cache-tests</c> against an edge of this build, for a million calls.</summary>
internal static class IdentitiesCommand
{
    private const string Usage = """
        Looks for answers that reach another identity than whose they are: a million calls through an edge location, of
        two to five identities at a time, with random metadata, to an origin that declares now this, now that.

          dotnet run -c Release --project tests/EdgeMesh.Benchmarks -- identities [--calls N] [--seed N] [--json]

        It needs Node.js; node tests/grpc-cache-tests/fuzz.mjs --help says more.
        Exit code: 0 nothing crossed, 1 something did, 2 wrong arguments or a missing tool.
        """;

    /// <summary>Runs it; what follows on the command line goes to the fuzzer.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(ReadOnlyMemory<string> arguments)
    {
        if (arguments.Span is ["--help" or "-h", ..])
        {
            Console.WriteLine(Usage);
            return 0;
        }

        if (!Tools.IsInstalled("node"))
        {
            Console.Error.WriteLine(Tools.Missing("node", "nodejs"));
            return 2;
        }

        var suite = Path.Combine(Repository.Root, "tests", "grpc-cache-tests");
        string[] calls = arguments.Span.Contains("--calls") ? [] : ["--calls", "1000000"];
        var start = new ProcessStartInfo("node", [Path.Combine(suite, "fuzz.mjs"), "--start", Path.Combine(suite, "start", "edgemesh.sh"), .. calls, .. arguments.ToArray()]);
        start.Environment["PROGRAM"] = Path.Combine(AppContext.BaseDirectory, "edgemesh");
        using var fuzzer = Process.Start(start)!;
        await fuzzer.WaitForExitAsync();
        return fuzzer.ExitCode;
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using EdgeMesh.Testing;

namespace EdgeMesh.Benchmarks;

/// <summary>What one run of load showed.</summary>
/// <param name="CallsPerSecond">Calls answered per second.</param>
/// <param name="CpuPerCall">Processor time of the measured process per call, user and kernel, in microseconds: other work on the machine hardly changes it.</param>
internal sealed record LoadFigure(double CallsPerSecond, double CpuPerCall);

/// <summary>Load from h2load: 4 connections with 32 calls in flight on each, from one thread on one core.</summary>
internal sealed partial class H2Load(int core)
{
    private const int Connections = 4;
    private const int StreamsPerConnection = 32;

    /// <summary>Programs that measuring needs, with the Debian package of each.</summary>
    private static readonly (string Program, string Package)[] Tools = [("h2load", "nghttp2-client"), ("taskset", "util-linux")];

    /// <summary>Checks that all programs are installed and that there are two cores.</summary>
    /// <exception cref="BenchmarkException">It says what is missing, and how to get it.</exception>
    public static void CheckTools()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        foreach (var (program, package) in Tools)
        {
            if (!folders.Any(folder => File.Exists(Path.Combine(folder, program))))
            {
                throw new BenchmarkException($"{program} is missing. On Debian: apt-get install {package}");
            }
        }

        if (Environment.ProcessorCount < 2)
        {
            throw new BenchmarkException("Two cores are needed: one for the server, one for the load.");
        }
    }

    /// <summary>Keeps every thread of a running process on one core: after its start, so that it still chose server GC.</summary>
    public static async Task PinAsync(int processId, int core)
    {
        await using var taskset = ChildProcess.Start("taskset", ["-apc", Text(core), Text(processId)]);
        if (await taskset.WaitForExitAsync() != 0)
        {
            throw new BenchmarkException($"taskset could not pin process {processId}: {string.Join(' ', taskset.Errors)}");
        }
    }

    /// <summary>Loads a server for some time.</summary>
    /// <exception cref="BenchmarkException">A call failed, or h2load did.</exception>
    public async Task<LoadFigure> RunAsync(LoadTarget target, TimeSpan duration)
    {
        using var directory = new TempDirectory();
        var requestFile = directory.File("request.bin");
        await File.WriteAllBytesAsync(requestFile, target.Request);
        string[] arguments =
        [
            "-c", Text(core), "h2load", "-c", Text(Connections), "-m", Text(StreamsPerConnection), "-t", "1", "-D", Text((int)duration.TotalSeconds),
            "-d", requestFile, "-H", "content-type: application/grpc", "-H", "te: trailers", target.Url.AbsoluteUri,
        ];
        using var server = Process.GetProcessById(target.ProcessId);
        var cpuBefore = server.TotalProcessorTime;
        await using var load = ChildProcess.Start("taskset", arguments);
        var code = await load.WaitForExitAsync(duration + TestDeadline.Default);
        var output = string.Join('\n', load.Transcript);
        var rate = Rate().Match(output);
        var outcome = Outcome().Match(output);
        if (code != 0 || !rate.Success || !outcome.Success || Number(outcome, "failed") != 0 || Number(outcome, "errored") != 0 || Number(outcome, "succeeded") == 0)
        {
            throw new BenchmarkException($"h2load did not end well against {target.Url}:\n{output}");
        }

        server.Refresh();
        var cpu = server.TotalProcessorTime - cpuBefore;
        return new LoadFigure(double.Parse(rate.Groups["rate"].Value, CultureInfo.InvariantCulture), cpu.TotalMicroseconds / Number(outcome, "succeeded"));
    }

    private static long Number(Match match, string group) => long.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^finished in [\d.]+\w+, (?<rate>[\d.]+) req/s", RegexOptions.Multiline)]
    private static partial Regex Rate();

    [GeneratedRegex(@"^requests: .* (?<succeeded>\d+) succeeded, (?<failed>\d+) failed, (?<errored>\d+) errored", RegexOptions.Multiline)]
    private static partial Regex Outcome();
}

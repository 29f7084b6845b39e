using System.Globalization;
using System.Text.RegularExpressions;
using EdgeMesh.Benchmarks.Peers;
using EdgeMesh.Testing;

namespace EdgeMesh.Benchmarks.Load;

/// <summary>What one run of saturating load showed.</summary>
/// <param name="CallsPerSecond">Calls answered per second.</param>
/// <param name="CpuPerCall">Processor time of the measured processes per call, user and kernel, in microseconds: other work on the machine hardly changes it.</param>
internal sealed record LoadFigure(double CallsPerSecond, double CpuPerCall);

/// <summary>Saturating load from h2load: 4 connections with many calls in flight on each, from one thread on one core.</summary>
internal static partial class H2Load
{
    /// <summary>The program and its package.</summary>
    public static readonly (string Program, string Package) Needs = ("h2load", "nghttp2-client");

    private const int Connections = 4;

    /// <summary>Calls in flight on each connection: fewer of the largest answers, or most of what is measured is memory.</summary>
    public static int StreamsPerConnection(int sizeBytes) => sizeBytes < 1024 * 1024 ? 32 : 2;

    /// <summary>Loads a peer for some time.</summary>
    /// <exception cref="BenchmarkException">A call failed, or h2load did.</exception>
    public static async Task<LoadFigure> RunAsync(Peer peer, int sizeBytes, TimeSpan duration)
    {
        using var files = new TempDirectory();
        var target = peer.Target(sizeBytes);
        List<string> arguments =
        [
            "-c", Text(Cores.Load), "h2load", "-c", Text(Connections), "-m", Text(StreamsPerConnection(sizeBytes)), "-t", "1", "-D", Text((int)duration.TotalSeconds),
        ];
        if (target.Request is not null)
        {
            var requestFile = files.File("request.bin");
            await File.WriteAllBytesAsync(requestFile, target.Request);
            arguments.AddRange(["-d", requestFile, "-H", "content-type: application/grpc", "-H", "te: trailers"]);
        }

        arguments.Add(target.Url.AbsoluteUri);
        var cpuBefore = Cores.ProcessorTime(peer.Serving);
        await using var load = ChildProcess.Start("taskset", arguments);
        var code = await load.WaitForExitAsync(duration + TestDeadline.Default);
        var cpu = Cores.ProcessorTime(peer.Serving) - cpuBefore;
        var output = string.Join('\n', load.Transcript);
        var rate = Rate().Match(output);
        var outcome = Outcome().Match(output);
        var statuses = Statuses().Match(output);
        if (code != 0 || !rate.Success || !outcome.Success || !statuses.Success
            || Number(outcome, "failed") != 0 || Number(outcome, "errored") != 0 || Number(outcome, "succeeded") == 0
            || Number(statuses, "other") + Number(statuses, "client") + Number(statuses, "server") != 0)
        {
            throw new BenchmarkException($"h2load did not end well against {peer.Name} at {target.Url}:\n{output}");
        }

        return new LoadFigure(double.Parse(rate.Groups["rate"].Value, CultureInfo.InvariantCulture), cpu.TotalMicroseconds / Number(outcome, "succeeded"));
    }

    private static long Number(Match match, string group) => long.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^finished in [\d.]+\w+, (?<rate>[\d.]+) req/s", RegexOptions.Multiline)]
    private static partial Regex Rate();

    [GeneratedRegex(@"^requests: .* (?<succeeded>\d+) succeeded, (?<failed>\d+) failed, (?<errored>\d+) errored", RegexOptions.Multiline)]
    private static partial Regex Outcome();

    [GeneratedRegex(@"^status codes: \d+ 2xx, (?<other>\d+) 3xx, (?<client>\d+) 4xx, (?<server>\d+) 5xx", RegexOptions.Multiline)]
    private static partial Regex Statuses();
}

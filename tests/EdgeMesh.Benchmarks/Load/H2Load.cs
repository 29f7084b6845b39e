using System.Globalization;
using System.Text.RegularExpressions;
using EdgeMesh.Benchmarks.Peers;
using EdgeMesh.Testing;

namespace EdgeMesh.Benchmarks.Load;

/// <summary>What one run of saturating load showed.</summary>
/// <param name="CallsPerSecond">Calls answered per second.</param>
/// <param name="CpuPerCall">Processor time of the measured processes per call, user and kernel, in microseconds: other work on the machine hardly changes it.</param>
internal sealed record LoadFigure(double CallsPerSecond, double CpuPerCall);

/// <summary>What h2load says of a run whose every call was answered with HTTP status 200.</summary>
/// <param name="CallsPerSecond">Calls answered per second.</param>
/// <param name="Succeeded">How many.</param>
/// <param name="DataBytes">Bytes of all answers' messages, with their prefixes. A gRPC failure is an HTTP 200 without a message: it is what is missing here.</param>
internal sealed record LoadReport(double CallsPerSecond, long Succeeded, long DataBytes);

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
        var cpuBefore = Cores.ProcessorTime(peer.Serving);
        await using var load = ChildProcess.Start(
            "taskset",
            [
                "-c", Text(Cores.Load), Needs.Program, "-c", Text(Connections), "-m", Text(StreamsPerConnection(sizeBytes)), "-t", "1", "-D", Text((int)duration.TotalSeconds),
                .. await WriteTargetAsync(peer.Target(sizeBytes), files),
            ]);
        var code = await load.WaitForExitAsync(duration + TestDeadline.Default);
        var cpu = Cores.ProcessorTime(peer.Serving) - cpuBefore;
        var report = Read(load, code, peer.Name);
        return new LoadFigure(report.CallsPerSecond, cpu.TotalMicroseconds / report.Succeeded);
    }

    /// <summary>Makes one call after the other over one connection.</summary>
    /// <returns>What each took, in microseconds, the shortest first.</returns>
    /// <exception cref="BenchmarkException">A call failed, or h2load did.</exception>
    public static async Task<IReadOnlyList<double>> TimeEachAsync(string name, LoadTarget target, int calls)
    {
        using var files = new TempDirectory();
        var times = files.File("times");
        await using var load = ChildProcess.Start(Needs.Program, ["-c", "1", "-m", "1", "-t", "1", "-n", Text(calls), "--log-file", times, .. await WriteTargetAsync(target, files)]);
        Read(load, await load.WaitForExitAsync(TimeSpan.FromSeconds(calls / 100) + TestDeadline.Default), name);

        // When it began, its status, what it took; tabs between.
        return [.. File.ReadLines(times).Select(line => double.Parse(line.Split('\t')[2], CultureInfo.InvariantCulture)).Order()];
    }

    /// <summary>Starts so many calls, at a steady rate over all connections; <see cref="Read"/> says what became of them.</summary>
    public static async Task<ChildProcess> StartAsync(LoadTarget target, TempDirectory files, int calls, int callsPerSecond) => ChildProcess.Start(
        Needs.Program,
        ["-c", Text(Connections), "-m", Text(StreamsPerConnection(0)), "-t", "1", "-n", Text(calls), "--rps", Text(callsPerSecond / Connections), .. await WriteTargetAsync(target, files)]);

    /// <summary>Reads what a run that has ended says of itself.</summary>
    /// <exception cref="BenchmarkException">A call failed, or h2load did.</exception>
    public static LoadReport Read(ChildProcess load, int exitCode, string name)
    {
        var output = string.Join('\n', load.Transcript);
        var rate = Rate().Match(output);
        var outcome = Outcome().Match(output);
        var statuses = Statuses().Match(output);
        var traffic = Traffic().Match(output);
        if (exitCode != 0 || !rate.Success || !outcome.Success || !statuses.Success || !traffic.Success
            || Number(outcome, "failed") != 0 || Number(outcome, "errored") != 0 || Number(outcome, "succeeded") == 0
            || Number(statuses, "other") + Number(statuses, "client") + Number(statuses, "server") != 0)
        {
            throw new BenchmarkException($"h2load did not end well against {name}:\n{output}");
        }

        return new LoadReport(double.Parse(rate.Groups["rate"].Value, CultureInfo.InvariantCulture), Number(outcome, "succeeded"), Number(traffic, "data"));
    }

    private static async Task<IEnumerable<string>> WriteTargetAsync(LoadTarget target, TempDirectory files)
    {
        if (target.Request is null)
        {
            return [target.Url.AbsoluteUri];
        }

        var request = files.File("request.bin");
        await File.WriteAllBytesAsync(request, target.Request);
        return ["-d", request, "-H", "content-type: application/grpc", "-H", "te: trailers", target.Url.AbsoluteUri];
    }

    private static long Number(Match match, string group) => long.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^finished in [\d.]+\w+, (?<rate>[\d.]+) req/s", RegexOptions.Multiline)]
    private static partial Regex Rate();

    [GeneratedRegex(@"^requests: .* (?<succeeded>\d+) succeeded, (?<failed>\d+) failed, (?<errored>\d+) errored", RegexOptions.Multiline)]
    private static partial Regex Outcome();

    [GeneratedRegex(@"^status codes: \d+ 2xx, (?<other>\d+) 3xx, (?<client>\d+) 4xx, (?<server>\d+) 5xx", RegexOptions.Multiline)]
    private static partial Regex Statuses();

    [GeneratedRegex(@"^traffic: .* \((?<data>\d+)\) data", RegexOptions.Multiline)]
    private static partial Regex Traffic();
}

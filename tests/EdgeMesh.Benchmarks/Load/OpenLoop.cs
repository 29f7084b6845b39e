using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using EdgeMesh.Benchmarks.Peers;
using EdgeMesh.Testing;
using EdgeMesh.Wire;

namespace EdgeMesh.Benchmarks.Load;

/// <summary>Latency of calls that came at a steady rate, in microseconds.</summary>
/// <param name="CallsPerSecond">The rate.</param>
/// <param name="P50">Median.</param>
/// <param name="P99">99th percentile.</param>
/// <param name="P999">99.9th percentile.</param>
internal sealed record LatencyFigure(double CallsPerSecond, double P50, double P99, double P999);

/// <summary>Load at a steady rate, whether answers come or not.</summary>
/// <remarks>
/// h2load's <c>--rps</c> sends in bursts every 10 ms, and counts from when a call was sent: a server that stalls delays the calls
/// that would have shown it. Here a call's latency counts from when it was due ("coordinated omission", Tene, "How NOT to
/// Measure Latency"). One thread in a process of its own, which sleeps only until the next call is due or something comes: an
/// origin may stand on the same core.
/// </remarks>
internal static class OpenLoop
{
    /// <summary>The hidden command that runs it: URL, calls per second, seconds, bytes of an answer, the request in hexadecimal or "get".</summary>
    public const string Command = "open-loop";

    private const int ConnectionCount = 4;

    // Until caches, branch predictors and windows have settled.
    private const double SettleSeconds = 1;

    // How long the last call's answer may stay away. What has not come by then counts with the time that it was waited for.
    private const double DrainSeconds = 5;

    private const long Unanswered = -1;

    /// <summary>Measures a peer.</summary>
    /// <exception cref="BenchmarkException">A call failed, or answers were too short.</exception>
    public static Task<LatencyFigure> RunAsync(Peer peer, int sizeBytes, double callsPerSecond, TimeSpan duration) => RunAsync(peer.Name, peer.Target(sizeBytes), sizeBytes, callsPerSecond, duration);

    /// <summary>Measures whatever is there.</summary>
    /// <exception cref="BenchmarkException">A call failed, or answers were too short.</exception>
    public static async Task<LatencyFigure> RunAsync(string name, LoadTarget target, int sizeBytes, double callsPerSecond, TimeSpan duration)
    {
        await using var load = ChildProcess.Start(
            "taskset",
            [
                "-c", Cores.Load.ToString(CultureInfo.InvariantCulture), DotNetHost.Path, Path.Combine(AppContext.BaseDirectory, KestrelProcess.Assembly), Command, target.Url.AbsoluteUri,
                callsPerSecond.ToString(CultureInfo.InvariantCulture), duration.TotalSeconds.ToString(CultureInfo.InvariantCulture),
                sizeBytes.ToString(CultureInfo.InvariantCulture), target.Request is null ? "get" : Convert.ToHexString(target.Request),
            ],
            // Optimized code from the first call; no collector's threads beside it.
            [new("DOTNET_TieredCompilation", "0"), new("DOTNET_gcServer", "0"), new("DOTNET_gcConcurrent", "0")]);
        return await load.WaitForExitAsync(duration + TestDeadline.Default) == 0
            ? JsonSerializer.Deserialize<LatencyFigure>(load.Output[^1])!
            : throw new BenchmarkException($"Steady load against {name} at {target.Url} did not end well:\n{string.Join('\n', load.Transcript)}");
    }

    /// <summary>Runs the hidden command; the figure goes to standard output as JSON.</summary>
    public static int Run(string[] arguments)
    {
        var url = new Uri(arguments[0]);
        var rate = double.Parse(arguments[1], CultureInfo.InvariantCulture);
        var seconds = double.Parse(arguments[2], CultureInfo.InvariantCulture);
        var size = int.Parse(arguments[3], CultureInfo.InvariantCulture);
        var request = arguments[4] == "get" ? null : Convert.FromHexString(arguments[4]);
        try
        {
            Console.WriteLine(JsonSerializer.Serialize(Measure(url, request, size, rate, seconds)));
            return 0;
        }
        catch (BenchmarkException failure)
        {
            Console.Error.WriteLine(failure.Message);
            return 1;
        }
    }

    private static LatencyFigure Measure(Uri url, byte[]? request, int size, double rate, double seconds)
    {
        var settled = (int)(SettleSeconds * rate);
        var calls = settled + Math.Max(1, (int)(seconds * rate));
        var latencies = new long[calls];
        Array.Fill(latencies, Unanswered);
        var answered = 0;
        var connections = new SteadyConnection[ConnectionCount];
        for (var i = 0; i < connections.Length; i++)
        {
            connections[i] = new SteadyConnection(url, request, (call, latency) =>
            {
                latencies[call] = latency;
                answered++;
            });
        }

        var start = Stopwatch.GetTimestamp();
        var ticksPerCall = Stopwatch.Frequency / rate;
        var deadline = start + (long)(calls * ticksPerCall) + (long)(DrainSeconds * Stopwatch.Frequency);
        var next = 0;
        var ready = new ReadySockets(connections);
        long now;
        while (answered < calls && (now = Stopwatch.GetTimestamp()) < deadline)
        {
            for (; next < calls && Due(next) <= now; next++)
            {
                connections[next % ConnectionCount].Add(next, Due(next));
            }

            foreach (var connection in connections)
            {
                connection.Turn();
            }

            ready.Wait(Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), next < calls ? Due(next) : deadline));
        }

        for (var call = 0; call < calls; call++)
        {
            latencies[call] = latencies[call] == Unanswered ? deadline - Due(call) : latencies[call];
        }

        if (connections.Sum(connection => connection.ContentBytes) < (long)answered * (size + (request is null ? 0 : MessageFrame.HeaderSize)))
        {
            throw new BenchmarkException("Answers were shorter than they should be.");
        }

        foreach (var connection in connections)
        {
            connection.Dispose();
        }

        var sorted = latencies[settled..];
        Array.Sort(sorted);
        return new LatencyFigure(rate, Percentile(sorted, 0.5), Percentile(sorted, 0.99), Percentile(sorted, 0.999));

        long Due(int call) => start + (long)(call * ticksPerCall);
    }

    private static double Percentile(long[] sorted, double share) =>
        sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))] * 1_000_000.0 / Stopwatch.Frequency;
}

using System.Globalization;
using System.Text.Json;
using EdgeMesh.Benchmarks.Peers;
using EdgeMesh.Testing;

namespace EdgeMesh.Benchmarks.Load;

/// <summary>What ghz calls.</summary>
/// <param name="Authority">Host and port.</param>
/// <param name="Method"><c>package.Service/Method</c>.</param>
/// <param name="Json">The request.</param>
internal sealed record GhzTarget(string Authority, string Method, string Json);

/// <summary>Load from ghz, as users measure: it measures itself more than a fast server.</summary>
internal static class Ghz
{
    /// <summary>The program.</summary>
    public const string Program = "ghz";

    /// <summary>Loads a server for some time.</summary>
    /// <returns>Calls per second.</returns>
    /// <exception cref="BenchmarkException">A call failed, or ghz did.</exception>
    public static async Task<double> RunAsync(GhzTarget target, TimeSpan duration)
    {
        var protos = Path.Combine(Repository.Root, "protos", "EdgeMesh.Protos");
        await using var ghz = ChildProcess.Start("taskset",
        [
            "-c", Cores.Load.ToString(CultureInfo.InvariantCulture), Program, "--insecure", "--import-paths", protos, "--proto", "edgemesh/v1/object_store.proto",
            "--call", target.Method, "-d", target.Json, "-c", "128", "--connections", "4", "-z", $"{(int)duration.TotalSeconds}s", "--duration-stop", "wait",
            "--disable-template-functions", "--disable-template-data", "-O", "json", target.Authority,
        ]);
        var code = await ghz.WaitForExitAsync(duration + TestDeadline.Default);
        var output = string.Join('\n', ghz.Output);
        try
        {
            using var result = JsonDocument.Parse(output);
            var statuses = result.RootElement.GetProperty("statusCodeDistribution").EnumerateObject().Select(status => status.Name);
            if (code == 0 && statuses.All(name => name == "OK"))
            {
                return result.RootElement.GetProperty("rps").GetDouble();
            }
        }
        catch (JsonException)
        {
            // It said something else: shown below.
        }

        throw new BenchmarkException($"ghz did not end well against {target.Authority}:\n{string.Join('\n', ghz.Transcript)}");
    }
}

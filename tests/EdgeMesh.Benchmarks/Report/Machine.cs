using System.Globalization;
using System.Runtime.InteropServices;
using EdgeMesh.Testing;

namespace EdgeMesh.Benchmarks.Report;

/// <summary>Where and of what a figure was taken.</summary>
/// <param name="Processor">The processor's name and how many cores it gives us.</param>
/// <param name="System">Operating system and runtime.</param>
/// <param name="Sdk">The SDK's version.</param>
/// <param name="Commit">The source's commit, with <c>+changes</c> when the tree has others; <c>unknown</c> without git.</param>
/// <param name="Time">When, UTC.</param>
internal sealed record Machine(string Processor, string System, string Sdk, string Commit, string Time)
{
    /// <summary>Looks around.</summary>
    public static async Task<Machine> DescribeAsync()
    {
        var commit = await FirstLineAsync("git", "rev-parse", "--short", "HEAD") ?? "unknown";
        if (await FirstLineAsync("git", "status", "--porcelain") is not null)
        {
            commit += "+changes";
        }

        return new Machine(
            $"{ProcessorName()}, {Environment.ProcessorCount} cores",
            $"{RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}",
            await FirstLineAsync(DotNetHost.Path, "--version") ?? "unknown",
            commit,
            TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture));
    }

    private static string ProcessorName()
    {
        const string Cpuinfo = "/proc/cpuinfo";
        var line = File.Exists(Cpuinfo) ? File.ReadLines(Cpuinfo).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    private static async Task<string?> FirstLineAsync(string program, params string[] arguments)
    {
        try
        {
            await using var process = ChildProcess.Start(program, arguments, workingDirectory: Repository.Root);
            return await process.WaitForExitAsync() == 0 ? process.Output.FirstOrDefault() : null;
        }
        catch (global::System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}

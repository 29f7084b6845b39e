using EdgeMesh.Testing;

namespace EdgeMesh.Scenarios.Interop;

/// <summary>One client's run of all cases against one server: a process start for nineteen cases, not for each.</summary>
internal static class InteropRun
{
    /// <summary>Longest run: nineteen cases of a few milliseconds each, of which one may hang until the client's own limit.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Runs all cases.</summary>
    /// <returns>By case: <c>passed</c>, or what was wrong.</returns>
    public static async Task<IReadOnlyDictionary<string, string>> AllAsync(InteropProgram client, Uri server, params string[] flags)
    {
        await using var process = await InteropPrograms.StartClientAsync(client, server, "all", flags);
        var exitCode = await process.WaitForExitAsync(Limit);
        var verdicts = process.Output
            .Select(line => line.Split(": ", 2))
            .Where(parts => parts.Length == 2)
            .ToDictionary(parts => parts[0], parts => parts[1]);

        // A client that dies on the way has said nothing of the cases that follow: its last words are their verdict.
        foreach (var missing in InteropCases.All.Except(verdicts.Keys))
        {
            verdicts[missing] = $"not run; exit code {exitCode}: {string.Join(' ', process.Errors)}";
        }

        Assert.Equal(verdicts.Values.All(verdict => verdict == "passed"), exitCode == 0);
        return verdicts;
    }
}

using System.Diagnostics;

namespace EdgeMesh.Node.Up;

/// <summary>How to start this program again as another process.</summary>
/// <param name="FileName">The executable.</param>
/// <param name="LeadingArguments">What comes before the command: the assembly, when <c>dotnet</c> hosts it.</param>
internal sealed record SelfProgram(string FileName, IReadOnlyList<string> LeadingArguments)
{
    private const string VariablePrefix = "EDGEMESH_";

    /// <summary>Finds out from the running process: <c>edgemesh</c> itself, or <c>dotnet edgemesh.dll</c>.</summary>
    public static SelfProgram Find()
    {
        var assembly = typeof(SelfProgram).Assembly.GetName().Name!;
        var process = Environment.ProcessPath!;
        return Path.GetFileNameWithoutExtension(process) == assembly
            ? new(process, [])
            : new(process, [Path.Combine(AppContext.BaseDirectory, assembly + ".dll")]);
    }

    /// <summary>Describes a process whose three streams are pipes to this one.</summary>
    /// <param name="arguments">The command and its options; the environment adds none: its <c>EDGEMESH_</c> variables were meant for the parent.</param>
    public ProcessStartInfo Describe(IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(FileName, [.. LeadingArguments, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith(VariablePrefix, StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        return start;
    }

    /// <summary>A command line that a person can type from the current directory.</summary>
    public string Show(IEnumerable<string> arguments)
    {
        string[] words = [Shorten(FileName), .. LeadingArguments.Select(Shorten), .. arguments];
        return string.Join(' ', words.Select(word => word.AsSpan().ContainsAny(" \"{}$*") ? $"'{word}'" : word));
    }

    private static string Shorten(string path)
    {
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        var typed = relative.StartsWith("..", StringComparison.Ordinal) ? relative : Path.Combine(".", relative);
        return typed.Length < path.Length ? typed : path;
    }
}

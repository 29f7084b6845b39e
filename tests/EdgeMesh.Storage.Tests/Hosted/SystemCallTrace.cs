using System.Text.RegularExpressions;

namespace EdgeMesh.Storage.Tests.Hosted;

/// <summary>One system call. <paramref name="Start"/> and <paramref name="End"/> are line numbers of the trace: another thread's calls may lie between.</summary>
internal sealed record SystemCall(string Name, string Arguments, int Start, int End)
{
    /// <summary>Whether it writes to a file, in any of the ways to do so.</summary>
    internal bool IsWrite(string file) => Name is "write" or "pwrite64" or "pwritev" && File.Contains(file, StringComparison.Ordinal);

    /// <summary>Whether it makes a file or directory durable.</summary>
    internal bool IsSync(string file) => Name is "fsync" or "fdatasync" && File.Contains(file, StringComparison.Ordinal);

    /// <summary>Whether it writes a text, wherever to.</summary>
    internal bool Tells(string text) => Name == "write" && Arguments.Contains(text, StringComparison.Ordinal);

    // The first argument, with the path that strace -y adds: 65</data/metadata.db-wal>.
    private string File => Arguments[..(Arguments.IndexOf('>', StringComparison.Ordinal) + 1)];
}

/// <summary>What <c>strace -f -y</c> wrote, from one line that the program printed to another.</summary>
internal sealed partial class SystemCallTrace
{
    private SystemCallTrace(IReadOnlyList<SystemCall> calls, SystemCall answer)
    {
        Calls = calls;
        Answer = answer;
    }

    /// <summary>The calls between the two lines that succeeded, in order of their starts.</summary>
    internal IReadOnlyList<SystemCall> Calls { get; }

    /// <summary>The call that wrote the second line.</summary>
    internal SystemCall Answer { get; }

    /// <summary>The rename of a body into its place.</summary>
    internal SystemCall BodyRename() => Assert.Single(Calls, call => call.Name.StartsWith("rename", StringComparison.Ordinal) && call.Arguments.Contains("/bodies/tmp/", StringComparison.Ordinal));

    /// <summary>Reads a trace.</summary>
    /// <param name="lines">As strace wrote them.</param>
    /// <param name="from">Text of the line that begins what matters.</param>
    /// <param name="to">Text of the line that ends it: the answer.</param>
    internal static SystemCallTrace Parse(string[] lines, string from, string to)
    {
        var calls = new List<SystemCall>();
        var unfinished = new Dictionary<string, (string Name, string Arguments, int Start)>(StringComparer.Ordinal);
        for (var number = 0; number < lines.Length; number++)
        {
            if (Whole().Match(lines[number]) is { Success: true } whole)
            {
                calls.Add(new SystemCall(whole.Groups["name"].Value, whole.Groups["arguments"].Value, number, number));
            }
            else if (Unfinished().Match(lines[number]) is { Success: true } begun)
            {
                unfinished[begun.Groups["thread"].Value] = (begun.Groups["name"].Value, begun.Groups["arguments"].Value, number);
            }
            else if (Resumed().Match(lines[number]) is { Success: true } resumed && unfinished.Remove(resumed.Groups["thread"].Value, out var call))
            {
                calls.Add(new SystemCall(call.Name, call.Arguments + resumed.Groups["arguments"].Value, call.Start, number));
            }
        }

        calls = [.. calls.OrderBy(call => call.Start)];
        var first = calls.First(call => call.Tells(from));
        var answer = calls.First(call => call.Tells(to));
        return new SystemCallTrace([.. calls.Where(call => call.Start > first.End && call.Start < answer.Start)], answer);
    }

    // A call that failed returns -1 and matches none of these.
    [GeneratedRegex(@"^(?<thread>\d+) +(?<name>\w+)\((?<arguments>.*)\) += \d+\b")]
    private static partial Regex Whole();

    [GeneratedRegex(@"^(?<thread>\d+) +(?<name>\w+)\((?<arguments>.*) <unfinished \.\.\.>$")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"^(?<thread>\d+) +<\.\.\. \w+ resumed>(?<arguments>.*)\) += \d+\b")]
    private static partial Regex Resumed();
}

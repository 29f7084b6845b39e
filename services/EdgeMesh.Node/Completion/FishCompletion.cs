using System.Text;

namespace EdgeMesh.Node.Completion;

/// <summary>The script for fish: one <c>complete</c> a candidate, each at its own place of the command line.</summary>
internal static class FishCompletion
{
    /// <summary>Writes the script.</summary>
    public static string Write(IReadOnlyList<CompletionPlace> places)
    {
        var script = new StringBuilder();
        script.Append(
            """
            # fish completion for edgemesh, written by `edgemesh completion fish`.
            function __edgemesh_at --description 'Whether the words so far lead to this command'
              set -l at ''
              for word in (commandline -opc)[2..-1]
                switch "$at $word"

            """);
        script.Append($"      case {string.Join(' ', places.Skip(1).Select(place => ShellText.QuoteFish(place.Path)))}\n");
        script.Append("        set at \"$at $word\"\n    end\n  end\n  test \"$at\" = \"$argv\"\nend\ncomplete -c edgemesh -f\n");
        foreach (var place in places)
        {
            var at = $"complete -c edgemesh -n {ShellText.QuoteFish($"__edgemesh_at {ShellText.QuoteFish(place.Path)}")}";
            foreach (var command in place.Commands)
            {
                script.Append($"{at} -a {command.Word} -d {ShellText.QuoteFish(command.Description)}\n");
            }

            foreach (var option in place.Options)
            {
                var names = option.Names.Select(name => name.StartsWith("--", StringComparison.Ordinal) ? $"-l {name[2..]}" : $"-s {name[1..]}");
                script.Append($"{at} {string.Join(' ', names)}{Value(option.Value, option.Words)} -d {ShellText.QuoteFish(option.Description)}\n");
            }

            if (place.Argument is CompletionValue.Words or CompletionValue.File or CompletionValue.Directory)
            {
                script.Append($"{at}{Value(place.Argument, place.Words).Replace(" -r", "", StringComparison.Ordinal)}\n");
            }
        }

        return script.ToString();
    }

    private static string Value(CompletionValue value, IReadOnlyList<string> words) => value switch
    {
        CompletionValue.None => "",
        CompletionValue.Words => $" -r -a {ShellText.QuoteFish(string.Join(' ', words))}",
        CompletionValue.File => " -r -F",
        CompletionValue.Directory => " -r -a '(__fish_complete_directories)'",
        _ => " -x",
    };
}

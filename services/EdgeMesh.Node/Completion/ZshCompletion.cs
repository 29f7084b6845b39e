using System.Text;

namespace EdgeMesh.Node.Completion;

/// <summary>The script for zsh: a function of its completion system, zshcompsys(1). It works from a directory of <c>fpath</c> and when sourced.</summary>
internal static class ZshCompletion
{
    /// <summary>Writes the script.</summary>
    public static string Write(IReadOnlyList<CompletionPlace> places)
    {
        // 1. Which command the words before lead to. 2. The value of an option. 3. An option. 4. A command or an argument.
        var script = new StringBuilder();
        script.Append(
            """
            #compdef edgemesh
            # zsh completion for edgemesh, written by `edgemesh completion zsh`.
            _edgemesh() {
              local at='' previous=$words[CURRENT-1] i
              local -a offered
              # --option=value is one word.
              if [[ $PREFIX == --*=* ]]; then
                previous=${PREFIX%%=*}
                compset -P 1 '*='
              fi
              for ((i = 2; i < CURRENT; i++)); do
                case "$at $words[i]" in

            """);
        script.Append($"      ({ShellText.Patterns(places.Skip(1).Select(place => place.Path))}) at+=\" $words[i]\" ;;\n");
        script.Append("    esac\n  done\n  case \"$at $previous\" in\n");
        foreach (var (before, words) in places.Choices())
        {
            script.Append($"    ({ShellText.Patterns(before)}) compadd -- {string.Join(' ', words.Select(ShellText.Quote))}; return ;;\n");
        }

        AppendAction(script, places.Before(CompletionValue.File), "_files; return");
        AppendAction(script, places.Before(CompletionValue.Directory), "_files -/; return");
        AppendAction(script, places.Before(CompletionValue.Text), "return 1");
        script.Append("  esac\n  if [[ $PREFIX == -* ]]; then\n    case $at in\n");
        foreach (var place in places)
        {
            var options = place.Options.SelectMany(option => option.Names.Select(name => Describe(name, option.Description)));
            script.Append($"      ({ShellText.Quote(place.Path)}) offered=({string.Join(' ', options)}) ;;\n");
        }

        script.Append("    esac\n    _describe -o option offered\n    return\n  fi\n  case $at in\n");
        foreach (var place in places.Where(place => place.Commands.Count > 0))
        {
            var commands = place.Commands.Select(command => Describe(command.Word, command.Description));
            script.Append($"    ({ShellText.Quote(place.Path)}) offered=({string.Join(' ', commands)}); _describe command offered ;;\n");
        }

        foreach (var place in places.Where(place => place.Argument == CompletionValue.Words))
        {
            script.Append($"    ({ShellText.Quote(place.Path)}) compadd -- {string.Join(' ', place.Words.Select(ShellText.Quote))} ;;\n");
        }

        AppendAction(script, [.. places.Where(place => place.Argument == CompletionValue.File).Select(place => place.Path)], "_files");
        AppendAction(script, [.. places.Where(place => place.Argument == CompletionValue.Directory).Select(place => place.Path)], "_files -/");
        script.Append(
            """
              esac
            }
            if [[ $funcstack[1] == _edgemesh ]]; then _edgemesh "$@"; else compdef _edgemesh edgemesh; fi

            """);
        return script.ToString();
    }

    // `word:description`: a colon within the word would end it.
    private static string Describe(string word, string description) => ShellText.Quote($"{word.Replace(":", "\\:", StringComparison.Ordinal)}:{description}");

    private static void AppendAction(StringBuilder script, IReadOnlyList<string> patterns, string action)
    {
        if (patterns.Count > 0)
        {
            script.Append($"    ({ShellText.Patterns(patterns)}) {action} ;;\n");
        }
    }
}

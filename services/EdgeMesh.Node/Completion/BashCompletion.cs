using System.Text;

namespace EdgeMesh.Node.Completion;

/// <summary>The script for bash: programmable completion, bash(1).</summary>
internal static class BashCompletion
{
    /// <summary>Writes the script.</summary>
    public static string Write(IReadOnlyList<CompletionPlace> places)
    {
        // 1. Which command the words before lead to. 2. The value of an option. 3. An option. 4. A command or an argument.
        var script = new StringBuilder();
        script.Append(
            """
            # bash completion for edgemesh, written by `edgemesh completion bash`.
            _edgemesh() {
              local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} at='' i
              # --option=value comes as three words.
              if [[ $current == = ]]; then
                current=''
              elif [[ $previous == = && $COMP_CWORD -gt 1 ]]; then
                previous=${COMP_WORDS[COMP_CWORD - 2]}
              fi
              for ((i = 1; i < COMP_CWORD; i++)); do
                case "$at ${COMP_WORDS[i]}" in

            """);
        script.Append($"      {ShellText.Patterns(places.Skip(1).Select(place => place.Path))}) at+=\" ${{COMP_WORDS[i]}}\" ;;\n");
        script.Append("    esac\n  done\n  COMPREPLY=()\n  case \"$at $previous\" in\n");
        foreach (var (before, words) in places.Choices())
        {
            script.Append($"    {ShellText.Patterns(before)}) {Offer(words)}; return ;;\n");
        }

        AppendAction(script, places.Before(CompletionValue.File), "compopt -o default; return");
        AppendAction(script, places.Before(CompletionValue.Directory), "compopt -o dirnames; return");
        AppendAction(script, places.Before(CompletionValue.Text), "return");
        script.Append("  esac\n  if [[ $current == -* ]]; then\n    case $at in\n");
        foreach (var place in places)
        {
            script.Append($"      {ShellText.Quote(place.Path)}) {Offer(place.Options.SelectMany(option => option.Names))} ;;\n");
        }

        script.Append("    esac\n    return\n  fi\n  case $at in\n");
        foreach (var place in places.Where(place => place.Commands.Count > 0))
        {
            script.Append($"    {ShellText.Quote(place.Path)}) {Offer(place.Commands.Select(command => command.Word))} ;;\n");
        }

        foreach (var place in places.Where(place => place.Argument == CompletionValue.Words))
        {
            script.Append($"    {ShellText.Quote(place.Path)}) {Offer(place.Words)} ;;\n");
        }

        AppendAction(script, [.. places.Where(place => place.Argument == CompletionValue.File).Select(place => place.Path)], "compopt -o default");
        AppendAction(script, [.. places.Where(place => place.Argument == CompletionValue.Directory).Select(place => place.Path)], "compopt -o dirnames");
        script.Append("  esac\n}\ncomplete -F _edgemesh edgemesh\n");
        return script.ToString();
    }

    private static string Offer(IEnumerable<string> words) => $"COMPREPLY=($(compgen -W {ShellText.Quote(string.Join(' ', words))} -- \"$current\"))";

    private static void AppendAction(StringBuilder script, IReadOnlyList<string> patterns, string action)
    {
        if (patterns.Count > 0)
        {
            script.Append($"    {ShellText.Patterns(patterns)}) {action} ;;\n");
        }
    }
}

namespace EdgeMesh.Node.Completion;

/// <summary>Texts as the shells read them.</summary>
internal static class ShellText
{
    /// <summary>One word of bash or zsh, whatever it holds.</summary>
    public static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>One word of fish, where a backslash escapes within quotes.</summary>
    public static string QuoteFish(string text) => $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";

    /// <summary>A pattern of <c>case</c> in bash or zsh that matches any of these texts.</summary>
    public static string Patterns(IEnumerable<string> texts) => string.Join(" | ", texts.Select(Quote));

    /// <summary>The names of options that take such a value, each behind its command's path: what stands before the word that is completed.</summary>
    public static IReadOnlyList<string> Before(this IEnumerable<CompletionPlace> places, CompletionValue value) =>
        [.. places.SelectMany(place => place.Options.Where(option => option.Value == value).SelectMany(option => option.Names).Select(name => $"{place.Path} {name}"))];

    /// <summary>The options whose values are words: what stands before, and the words.</summary>
    public static IEnumerable<(IReadOnlyList<string> Before, IReadOnlyList<string> Words)> Choices(this IEnumerable<CompletionPlace> places) =>
        from place in places
        from option in place.Options
        where option.Value == CompletionValue.Words
        select ((IReadOnlyList<string>)[.. option.Names.Select(name => $"{place.Path} {name}")], option.Words);
}

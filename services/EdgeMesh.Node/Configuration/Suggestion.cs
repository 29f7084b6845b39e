namespace EdgeMesh.Node.Configuration;

/// <summary>What a misspelt word may have been meant to be.</summary>
internal static class Suggestion
{
    /// <summary>More typing errors than this in one word make any guess a surprise.</summary>
    private const int MostErrors = 3;

    /// <summary>Longer words are compared with nothing: the cost grows with the square.</summary>
    private const int LongestWord = 64;

    /// <summary>The end of a sentence about an unknown word: <c>; did you mean X?</c>, or nothing.</summary>
    public static string Sentence(string word, IEnumerable<string> candidates, string prefix = "") =>
        Nearest(word, candidates) is { } nearest ? $"; did you mean {prefix}{nearest}?" : "";

    /// <summary>The nearest candidate, or null when none is near: at most a third of the word's letters added, left out, changed or swapped with their neighbour.</summary>
    /// <remarks>Optimal string alignment distance (Damerau, CACM 1964); <c>-</c> and <c>_</c> count as the same, and so do capitals and small letters.</remarks>
    public static string? Nearest(string word, IEnumerable<string> candidates)
    {
        var normal = Normal(word);
        return normal.Length > LongestWord
            ? null
            : candidates
                .Select(candidate => (Name: candidate, Errors: Distance(normal, Normal(candidate))))
                .Where(candidate => candidate.Errors <= Math.Min(MostErrors, Math.Max(1, normal.Length / 3)))
                .OrderBy(candidate => candidate.Errors)
                .Select(candidate => candidate.Name)
                .FirstOrDefault();
    }

    private static string Normal(string word) => word.Trim('-', ' ').Replace('_', '-').ToLowerInvariant();

    private static int Distance(string a, string b)
    {
        var distance = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    distance[i, j] = i + j;
                    continue;
                }

                var changed = distance[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                distance[i, j] = Math.Min(changed, Math.Min(distance[i - 1, j], distance[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    distance[i, j] = Math.Min(distance[i, j], distance[i - 2, j - 2] + 1);
                }
            }
        }

        return distance[a.Length, b.Length];
    }
}

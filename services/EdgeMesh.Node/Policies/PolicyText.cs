using System.Collections;
using System.Globalization;
using System.Text;
using EdgeMesh.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using ProtoDuration = Google.Protobuf.WellKnownTypes.Duration;

namespace EdgeMesh.Node.Policies;

/// <summary>Writes a policy as YAML that <see cref="PolicyFile"/> reads.</summary>
internal static class PolicyText
{
    private const long MaxTable = 16 << 20;

    /// <summary>The whole policy; ends with a line's end.</summary>
    public static string Write(Policy policy)
    {
        var text = new StringBuilder();
        if (policy.Shadow)
        {
            text.Append("shadow: true\n");
        }

        text.Append(policy.Rules.Count == 0 ? "rules: []\n" : "rules:\n");
        foreach (var rule in policy.Rules)
        {
            var isFirst = true;
            foreach (var field in CacheRule.Descriptor.Fields.InDeclarationOrder())
            {
                if (Value(field, rule) is { } value)
                {
                    text.Append(CultureInfo.InvariantCulture, $"{(isFirst ? "- " : "  ")}{field.Name}:{value}\n");
                    isFirst = false;
                }
            }

            if (isFirst)
            {
                text.Append("- {}\n");
            }
        }

        return text.ToString();
    }

    /// <summary><c>90s</c>.</summary>
    public static string Time(ProtoDuration time) => (time.Seconds + (time.Nanos / 1_000_000_000m)).ToString("0.#########", CultureInfo.InvariantCulture) + "s";

    /// <summary>Lines of two texts that differ, with those around them: <c>-</c> goes, <c>+</c> comes.</summary>
    public static IReadOnlyList<string> Compare(string before, string after)
    {
        // Longest common subsequence, whose table would be too large for two policies of many thousand lines.
        var (left, right) = (Lines(before), Lines(after));
        if ((long)left.Length * right.Length > MaxTable)
        {
            return [.. left.Select(line => "- " + line), .. right.Select(line => "+ " + line)];
        }

        var common = new int[left.Length + 1, right.Length + 1];
        for (var i = left.Length - 1; i >= 0; i--)
        {
            for (var j = right.Length - 1; j >= 0; j--)
            {
                common[i, j] = left[i] == right[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
            }
        }

        var lines = new List<string>();
        for (int i = 0, j = 0; i < left.Length || j < right.Length;)
        {
            if (i < left.Length && j < right.Length && left[i] == right[j])
            {
                lines.Add("  " + left[i++]);
                j++;
            }
            else
            {
                lines.Add(j == right.Length || (i < left.Length && common[i + 1, j] >= common[i, j + 1]) ? "- " + left[i++] : "+ " + right[j++]);
            }
        }

        return lines;
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>What follows a name and its colon; null: nothing is said.</summary>
    private static string? Value(FieldDescriptor field, CacheRule rule) => field.Accessor.GetValue(rule) switch
    {
        ProtoDuration time => " " + Time(time),
        IDictionary { Count: > 0 } times => " {" + string.Join(", ", times.Keys.Cast<string>().Order(StringComparer.Ordinal).Select(status => $"{Quote(status)}: {Time((ProtoDuration)times[status]!)}")) + "}",
        IDictionary => null,
        IList { Count: 0 } => null,
        IList list => " [" + string.Join(", ", list.Cast<string>().Select(Quote)) + "]",
        bool flag => flag ? " true" : null,
        ulong number => rule.HasMaxBytes ? " " + number.ToString(CultureInfo.InvariantCulture) : null,
        Enum value => Convert.ToInt32(value, CultureInfo.InvariantCulture) is var number && number == 0 ? null : " " + (field.EnumType.FindValueByNumber(number) is { } known ? PolicyFile.EnumName(known) : number.ToString(CultureInfo.InvariantCulture)),
        _ => null,
    };

    /// <summary>A text as it may stand in a list: quoted where YAML would take it for something else.</summary>
    private static string Quote(string text) =>
        text.Length > 0 && char.IsAsciiLetter(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '/' or '_' or '-') && !bool.TryParse(text, out _) && text is not ("null" or "Null" or "NULL")
            ? text
            : JsonFormatter.ToDiagnosticString(new Google.Protobuf.WellKnownTypes.StringValue { Value = text });
}

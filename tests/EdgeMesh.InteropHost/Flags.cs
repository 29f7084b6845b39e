using System.Globalization;

namespace EdgeMesh.InteropHost;

/// <summary>Flags as the standard interop programs take them: <c>--name=value</c>, <c>--name value</c>, or <c>--name</c> alone for true.</summary>
internal sealed class Flags
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    private Flags()
    {
    }

    /// <summary>Reads a command line.</summary>
    /// <param name="arguments">Without the program and the subcommand.</param>
    /// <param name="known">Names that the subcommand takes.</param>
    /// <exception cref="FlagException">A flag is unknown, given twice, or not a flag.</exception>
    public static Flags Parse(ReadOnlySpan<string> arguments, IReadOnlySet<string> known)
    {
        var flags = new Flags();
        for (var i = 0; i < arguments.Length; i++)
        {
            if (!arguments[i].StartsWith("--", StringComparison.Ordinal))
            {
                throw new FlagException($"not a flag: {arguments[i]}");
            }

            var parts = arguments[i][2..].Split('=', 2);
            if (!known.Contains(parts[0]))
            {
                throw new FlagException($"unknown flag --{parts[0]}; known: {string.Join(' ', known.Select(name => "--" + name))}");
            }

            var isNextValue = i + 1 < arguments.Length && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal);
            var value = parts.Length == 2 ? parts[1] : isNextValue ? arguments[++i] : "true";
            if (!flags._values.TryAdd(parts[0], value))
            {
                throw new FlagException($"--{parts[0]} is given twice");
            }
        }

        return flags;
    }

    /// <summary>A text; null when absent or empty, since the runners of the standard tests pass empty flags.</summary>
    public string? Text(string name) => _values.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    /// <summary>A text that must be there.</summary>
    /// <exception cref="FlagException">It is absent.</exception>
    public string RequiredText(string name) => Text(name) ?? throw new FlagException($"--{name} is missing");

    /// <summary>A port, 0 to 65535.</summary>
    /// <exception cref="FlagException">It is absent or out of range.</exception>
    public int Port(string name) =>
        ushort.TryParse(RequiredText(name), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            ? port
            : throw new FlagException($"--{name} is a port, 0 to 65535, not {Text(name)}");

    /// <summary><c>true</c> or <c>false</c>; false when absent.</summary>
    /// <exception cref="FlagException">It is neither.</exception>
    public bool Switch(string name) => Text(name) switch
    {
        null => false,
        { } value when bool.TryParse(value, out var on) => on,
        { } value => throw new FlagException($"--{name} is true or false, not {value}"),
    };
}

/// <summary>A command line that cannot be run: one line for the user, exit code 2.</summary>
internal sealed class FlagException(string message) : Exception(message);

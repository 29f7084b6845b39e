using Xunit;

namespace EdgeMesh.Testing;

/// <summary>A fact that needs programs which are not part of the .NET SDK. Where one is missing it is skipped, and the reason says how to get it; in continuous integration (<c>CI=true</c>) it runs, and fails.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ForeignFactAttribute : FactAttribute
{
    /// <summary>Names the programs.</summary>
    /// <param name="tools">As they are called: found on the PATH.</param>
    public ForeignFactAttribute(params string[] tools) => Skip = ForeignTools.WhyNot(tools);
}

/// <summary>A theory that needs programs: see <see cref="ForeignFactAttribute"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ForeignTheoryAttribute : TheoryAttribute
{
    /// <inheritdoc cref="ForeignFactAttribute(string[])"/>
    public ForeignTheoryAttribute(params string[] tools) => Skip = ForeignTools.WhyNot(tools);
}

/// <summary>Which programs of others are here, and how to get those that are not.</summary>
internal static class ForeignTools
{
    // Debian packages whose names differ from the program's.
    private static readonly Dictionary<string, string> Packages = new(StringComparer.Ordinal)
    {
        ["h2load"] = "nghttp2-client",
        ["nghttp"] = "nghttp2-client",
        ["nghttpd"] = "nghttp2-server",
        ["node"] = "nodejs",
        ["unshare"] = "util-linux",
    };

    /// <summary>Why a test cannot run; null: it can, or must.</summary>
    internal static string? WhyNot(string[] tools)
    {
        var missing = tools.Where(tool => !IsHere(tool)).ToList();
        if (missing.Count == 0 || Environment.GetEnvironmentVariable("CI") == "true")
        {
            return null;
        }

        return $"needs {string.Join(", ", missing)}: apt-get install {string.Join(' ', missing.Select(tool => Packages.GetValueOrDefault(tool, tool)))}";
    }

    private static bool IsHere(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(directory => directory.Length > 0 && File.Exists(Path.Combine(directory, tool)));
}

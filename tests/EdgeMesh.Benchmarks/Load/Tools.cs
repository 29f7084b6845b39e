namespace EdgeMesh.Benchmarks.Load;

/// <summary>Programs that are installed or not.</summary>
internal static class Tools
{
    // Debian keeps daemons there, and leaves it out of the PATH of those who are not root.
    private const string SystemPrograms = "/usr/sbin";

    /// <summary>Whether a program is found on the PATH or where Debian keeps daemons.</summary>
    public static bool IsInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Append(SystemPrograms)
            .Any(folder => File.Exists(Path.Combine(folder, program)));

    /// <summary>What is missing, and how to get it.</summary>
    public static string Missing(string program, string package) => $"{program} is missing. On Debian: apt-get install {package}";

    /// <summary>Lets programs be started by name wherever <see cref="IsInstalled"/> finds them.</summary>
    public static void ExtendPath() =>
        Environment.SetEnvironmentVariable("PATH", $"{Environment.GetEnvironmentVariable("PATH")}{Path.PathSeparator}{SystemPrograms}");
}

namespace EdgeMesh.Workloads;

/// <summary>A directory that outlives the processes it is handed to, by the variable <see cref="Variable"/>.</summary>
/// <param name="Name">1 to 40 characters a-z, 0-9 and '-', a letter first.</param>
/// <param name="Path">Where it is on this machine; made if need be.</param>
/// <param name="IsShared">Whether all replicas have this one; else each has a directory in it of its own, named by its number, which no other process of the workload has at the same time.</param>
public sealed record VolumeOptions(string Name, string Path, bool IsShared = false)
{
    private const int MaxNameChars = 40;

    /// <summary>The variable that tells a process where the directory is: <c>VOLUME_DATA</c>.</summary>
    public string Variable => "VOLUME_" + Name.ToUpperInvariant().Replace('-', '_');

    /// <summary>Where a replica's directory is.</summary>
    /// <param name="replica">Its number, from 1.</param>
    public string PathOf(int replica) => IsShared ? System.IO.Path.GetFullPath(Path) : System.IO.Path.GetFullPath(System.IO.Path.Combine(Path, $"{replica}"));

    internal string? FindViolation()
    {
        if (Name.Length is 0 or > MaxNameChars || !char.IsAsciiLetterLower(Name[0]) || Name.Any(c => !(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')))
        {
            return $"volumes must have names of 1 to {MaxNameChars} characters a-z, 0-9 and '-', a letter first, got \"{Name}\"";
        }

        return Path.Length == 0 || Path.Contains('\0') ? $"volumes must name a directory for \"{Name}\", got \"{Path}\"" : null;
    }
}

namespace EdgeMesh.Node.Configuration;

/// <summary>Something that is wrong in a configuration file.</summary>
/// <param name="File">The file, as the user named it.</param>
/// <param name="Line">From 1; 0: the file as a whole.</param>
/// <param name="Path">What is there: <c>edge.cache-bytes</c>, <c>region.origin[0]</c>; empty: the document.</param>
/// <param name="Message">What is wrong, and what would be right.</param>
internal sealed record ConfigurationFault(string File, int Line, string Path, string Message)
{
    /// <summary><c>edgemesh.yaml:12 edge.cache-bytes: ...</c></summary>
    public override string ToString() => $"{Place(File, Line, Path)}: {Message}";

    /// <summary><c>edgemesh.yaml:12 edge.cache-bytes</c></summary>
    public static string Place(string file, int line, string path) =>
        (line == 0 ? file : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{file}:{line}")) + (path.Length == 0 ? "" : " " + path);
}

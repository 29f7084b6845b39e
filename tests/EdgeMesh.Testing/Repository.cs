namespace EdgeMesh.Testing;

/// <summary>The source tree that the running tests were built from.</summary>
public static class Repository
{
    private static readonly Lazy<string> LazyRoot = new(FindRoot);

    /// <summary>Absolute path of the directory that holds <c>EdgeMesh.sln</c>.</summary>
    /// <exception cref="InvalidOperationException">The tests do not run inside a source tree.</exception>
    public static string Root => LazyRoot.Value;

    /// <summary>Files of the tree with a given extension, without what builds and package managers put there.</summary>
    /// <param name="extension">With its dot.</param>
    public static IEnumerable<string> Files(string extension) => Walk(new DirectoryInfo(Root), extension);

    private static IEnumerable<string> Walk(DirectoryInfo directory, string extension)
    {
        foreach (var file in directory.EnumerateFiles($"*{extension}"))
        {
            yield return file.FullName;
        }

        foreach (var child in directory.EnumerateDirectories())
        {
            if (child.Name is "bin" or "obj" or "node_modules" or "TestResults" || child.Name.StartsWith('.'))
            {
                continue;
            }

            foreach (var file in Walk(child, extension))
            {
                yield return file;
            }
        }
    }

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "EdgeMesh.sln")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException($"No EdgeMesh.sln above {AppContext.BaseDirectory}.");
    }
}

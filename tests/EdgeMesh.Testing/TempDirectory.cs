namespace EdgeMesh.Testing;

/// <summary>A new empty directory that goes away with its content when disposed.</summary>
public sealed class TempDirectory : IDisposable
{
    /// <summary>Creates it under the system's temporary directory.</summary>
    public TempDirectory() => Path = Directory.CreateTempSubdirectory("edgemesh-test-").FullName;

    /// <summary>Its absolute path.</summary>
    public string Path { get; }

    /// <summary>The absolute path of a file or directory in it.</summary>
    public string File(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // The code under test removed it: that is what was wanted.
        }
    }
}

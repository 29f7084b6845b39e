using EdgeMesh.Node.CommandLine;

namespace EdgeMesh.Node.Up;

/// <summary>The directory of a mesh's data: the user's, or a temporary one that is removed at the end.</summary>
internal sealed class MeshData : IDisposable
{
    private readonly bool _isTemporary;

    private MeshData(string path, bool isTemporary)
    {
        Path = path;
        _isTemporary = isTemporary;
    }

    /// <summary>Its full path.</summary>
    public string Path { get; }

    /// <summary>Creates the directory if need be.</summary>
    /// <param name="path">Null: a temporary one.</param>
    /// <exception cref="CliException">It cannot be created.</exception>
    public static MeshData Open(string? path)
    {
        if (path is null)
        {
            return new(Directory.CreateTempSubdirectory("edgemesh-").FullName, true);
        }

        try
        {
            return new(Directory.CreateDirectory(path).FullName, false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"--data '{path}': {exception.Message}", inner: exception);
        }
    }

    /// <summary>Removes a temporary directory.</summary>
    public void Dispose()
    {
        if (!_isTemporary)
        {
            return;
        }

        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // A child that had to be killed may still hold a file: the system's temporary directory is where it may stay.
        }
    }
}

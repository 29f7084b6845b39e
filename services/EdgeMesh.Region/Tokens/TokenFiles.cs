using EdgeMesh.Admin.Access;
using EdgeMesh.Storage;
using EdgeMesh.Storage.Bodies;

namespace EdgeMesh.Region.Tokens;

/// <summary>Files that hold a token: only their owner may read them.</summary>
internal static class TokenFiles
{
    // A token with its line's end; anything longer is another file.
    private const int MaxBytes = 1024;

    /// <summary>Reads the token in a file; makes one, and the file, when it is missing.</summary>
    /// <exception cref="DataDirectoryException">The file cannot be read or made, or holds no token.</exception>
    public static string ReadOrCreate(string path)
    {
        try
        {
            if (!File.Exists(path))
            {
                if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } directory)
                {
                    Directory.CreateDirectory(directory);
                }

                using var file = new StreamWriter(new FileStream(path, DurableFiles.ForOwner(FileMode.CreateNew)));
                file.WriteLine(TokenText.Create());
            }

            return TryRead(path) ?? throw new DataDirectoryException($"--edge-token-file \"{path}\" holds no token: it must be one line emt_ID_SECRET; remove the file, and a new one is made");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new DataDirectoryException($"--edge-token-file \"{path}\" cannot be read or made: {fault.Message}", fault);
        }
    }

    /// <summary>The token in a file; null when it cannot be read or holds anything else.</summary>
    public static string? TryRead(string path)
    {
        try
        {
            var text = new FileInfo(path).Length <= MaxBytes ? File.ReadAllText(path).Trim() : "";
            return TokenText.TryReadId(text, out _) ? text : null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

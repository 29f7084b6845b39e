using EdgeMesh.Node.CommandLine;

namespace EdgeMesh.Node.Certificates;

/// <summary>Files of certificates and keys: written whole or not at all, so that nodes which follow them never read half of one.</summary>
internal static class PemFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Where a certificate is.</summary>
    public static string Certificate(string directory, string name) => Path.Combine(directory, $"{name}.pem");

    /// <summary>Where its key is.</summary>
    public static string Key(string directory, string name) => Path.Combine(directory, $"{name}-key.pem");

    /// <summary>Writes what everybody may read.</summary>
    /// <exception cref="CliException">It cannot be written, or is there and must stay.</exception>
    public static void Write(string path, string text, bool overwrite) => Write(path, text, overwrite, OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead);

    /// <summary>Writes what its owner alone may read.</summary>
    /// <exception cref="CliException">It cannot be written, or is there and must stay.</exception>
    public static void WriteSecret(string path, string text, bool overwrite) => Write(path, text, overwrite, OwnerOnly);

    private static void Write(string path, string text, bool overwrite, UnixFileMode mode)
    {
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = mode;
            }

            using (var file = new StreamWriter(new FileStream(temporary, options)))
            {
                file.WriteLine(text);
            }

            File.Move(temporary, path, overwrite);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            File.Delete(temporary);
            throw new CliException($"'{path}' cannot be written: {FailureMessage.OneLine(fault.Message)}", inner: fault);
        }
    }
}

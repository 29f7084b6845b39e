using System.Globalization;

namespace EdgeMesh.Storage;

/// <summary>Keeps a second process off a data directory, for as long as it is held.</summary>
/// <remarks>
/// flock(2) on the file <c>lock</c>: it ends with the process, however that ends. Who holds it stands in <c>lock-holder</c>, since a
/// locked file cannot be read everywhere.
/// </remarks>
public sealed class DataDirectoryLock : IDisposable
{
    /// <summary>The locked file's name in the data directory.</summary>
    internal const string FileName = "lock";

    /// <summary>The name of the file that says who holds it.</summary>
    internal const string HolderName = "lock-holder";

    // EWOULDBLOCK of Linux and of macOS, ERROR_SHARING_VIOLATION of Windows: what .NET reports for a lock that another holds.
    private const int WouldBlockOnLinux = 11;
    private const int WouldBlockOnMacOS = 35;
    private const int SharingViolationOnWindows = unchecked((int)0x80070020);

    private readonly FileStream _file;

    private DataDirectoryLock(FileStream file) => _file = file;

    /// <summary>Takes the lock.</summary>
    /// <param name="directory">A directory that is there.</param>
    /// <exception cref="DataDirectoryException">Another holds it; the message says which process, if known.</exception>
    public static DataDirectoryLock Acquire(string directory)
    {
        var holder = Path.Combine(directory, HolderName);
        try
        {
            var taken = new DataDirectoryLock(new FileStream(Path.Combine(directory, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            Write(holder);
            return taken;
        }
        catch (IOException e) when (e.HResult is WouldBlockOnLinux or WouldBlockOnMacOS or SharingViolationOnWindows)
        {
            throw new DataDirectoryException($"Data directory '{directory}' is in use by {Read(holder)}", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static void Write(string holder)
    {
        try
        {
            File.WriteAllText(holder, string.Create(CultureInfo.InvariantCulture, $"process {Environment.ProcessId} on {Environment.MachineName}"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk: who else comes is told less, and kept off all the same.
        }
    }

    private static string Read(string holder)
    {
        try
        {
            return File.ReadAllText(holder) is { Length: > 0 } text ? text : "another process";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "another process";
        }
    }
}

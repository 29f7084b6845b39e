using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EdgeMesh.Storage.Bodies;

/// <summary>Makes files and names durable: a created or renamed file survives power loss only once its directory was synced too (fsync(2), "Notes").</summary>
/// <remarks>.NET opens no directories, so this calls libc. On Windows, where NTFS journals names, it does nothing. Thread-safe.</remarks>
public static partial class DurableFiles
{
    private const int ReadOnlyAccess = 0;

    // O_CLOEXEC, which systems number differently: without it a child process could inherit the handle.
    private static readonly int CloseOnExec = OperatingSystem.IsMacOS() ? 0x1000000 : 0x80000;

    /// <summary>Writes a small file in place of another, if there is one: after a power loss it is the old or the new one, whole.</summary>
    /// <remarks>Written beside as <c>PATH.new</c>, synced, renamed, the directory synced. Only its owner may read it. For one writer of a path at a time.</remarks>
    /// <exception cref="IOException">It cannot be written, or not be made durable.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not write there.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> content)
    {
        var beside = path + ".new";
        using (var file = new FileStream(beside, ForOwner(FileMode.Create)))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(beside, path, overwrite: true);
        SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>How a file is written that only its owner may read.</summary>
    public static FileStreamOptions ForOwner(FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }

    /// <summary>Syncs a directory: the names in it are on the disk when this returns.</summary>
    /// <exception cref="IOException">The directory cannot be opened or synced.</exception>
    public static void SyncDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using var directory = OpenDirectory(path);
        while (Sync(directory) != 0)
        {
            if (Marshal.GetLastPInvokeError() != Interrupted)
            {
                throw Failure("sync", path);
            }
        }
    }

    /// <summary>Syncs all that was written to a directory's file system, files and names: one wait in place of one a file (syncfs(2)).</summary>
    /// <exception cref="IOException">The directory cannot be opened, or something could not be written.</exception>
    internal static void SyncFileSystem(string path)
    {
        if (OperatingSystem.IsMacOS())
        {
            SyncAll();
        }
        else if (!OperatingSystem.IsWindows())
        {
            using var directory = OpenDirectory(path);
            if (SyncFileSystem(directory) != 0)
            {
                throw Failure("sync the file system of", path);
            }
        }
    }

    /// <summary>Creates a directory where it is missing, with its parents, and makes its name durable.</summary>
    internal static void CreateDirectory(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        var parent = Path.GetDirectoryName(path);
        if (!string.IsNullOrEmpty(parent))
        {
            CreateDirectory(parent);
        }

        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            // Other users of the machine have no business with the objects.
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        if (!string.IsNullOrEmpty(parent))
        {
            SyncDirectory(parent);
        }
    }

    // EINTR has this number on Linux and macOS.
    private const int Interrupted = 4;

    private static SafeFileHandle OpenDirectory(string path)
    {
        var directory = Open(path, ReadOnlyAccess | CloseOnExec);
        if (directory.IsInvalid)
        {
            directory.Dispose();
            throw Failure("open", path);
        }

        return directory;
    }

    private static IOException Failure(string what, string path)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"Cannot {what} directory '{path}': {new Win32Exception(error).Message}", error);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SyncFileSystem(SafeFileHandle handle);

    [LibraryImport("libc", EntryPoint = "sync")]
    private static partial void SyncAll();

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(SafeFileHandle handle);
}

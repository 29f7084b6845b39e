namespace EdgeMesh.Storage.Bodies;

/// <summary>What a caller learns when the system refuses to read or write a body file.</summary>
internal static class DiskFailure
{
    // errno of Linux and macOS; .NET puts it in HResult. The last is Windows' ERROR_DISK_FULL.
    private const int NoSpace = 28;
    private const int FileTooBig = 27;
    private const int QuotaOnLinux = 122;
    private const int QuotaOnMacOS = 69;
    private const int DiskFullOnWindows = unchecked((int)0x80070070);
    private const int InputOutputError = 5;

    /// <summary>Whether an exception is the disk's doing.</summary>
    internal static bool Is(Exception e) => e is IOException or UnauthorizedAccessException;

    /// <summary>The fault for a refused write.</summary>
    internal static ObjectStoreException OfWrite(Exception e) => e.HResult is NoSpace or FileTooBig or QuotaOnLinux or QuotaOnMacOS or DiskFullOnWindows
        ? new ObjectStoreException(ObjectStoreFault.StorageFull, "No room on the disk for the content", e)
        : new ObjectStoreException(ObjectStoreFault.Unavailable, "The content cannot be written", e);

    /// <summary>Whether a refused read means that the bytes are gone, and not that another try may get them.</summary>
    internal static bool IsLoss(Exception e) =>
        e is DamagedBodyException or FileNotFoundException or DirectoryNotFoundException || (e is IOException && e.HResult == InputOutputError);
}

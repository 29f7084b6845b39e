using System.Runtime.InteropServices;

namespace EdgeMesh.Caching.Memory;

/// <summary>Ranges of addresses whose pages cost nothing until they are written, and nothing again once released.</summary>
/// <remarks>On Linux, mmap and madvise. Elsewhere the allocator of the C library, where released pages stay with the process.</remarks>
internal static unsafe partial class AddressSpace
{
    // mmap(2), madvise(2).
    private const int ProtRead = 1;
    private const int ProtWrite = 2;
    private const int MapPrivate = 2;
    private const int MapAnonymous = 0x20;
    private const int MapNoReserve = 0x4000;
    private const int DontNeed = 4;
    private const int Alignment = 4096;

    /// <summary>Reserves a range.</summary>
    /// <returns>Null when the system has none.</returns>
    public static byte* TryReserve(nuint bytes)
    {
        if (OperatingSystem.IsLinux())
        {
            var at = Map(null, bytes, ProtRead | ProtWrite, MapPrivate | MapAnonymous | MapNoReserve, -1, 0);
            return at == (byte*)-1 ? null : at;
        }

        try
        {
            return (byte*)NativeMemory.AlignedAlloc(bytes, Alignment);
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }

    /// <summary>Gives the memory of a part back; its addresses stay.</summary>
    public static void Release(byte* at, nuint bytes)
    {
        if (OperatingSystem.IsLinux())
        {
            _ = Advise(at, bytes, DontNeed);
        }
    }

    /// <summary>Gives a whole range back.</summary>
    public static void Free(byte* at, nuint bytes)
    {
        if (OperatingSystem.IsLinux())
        {
            _ = Unmap(at, bytes);
        }
        else
        {
            NativeMemory.AlignedFree(at);
        }
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial byte* Map(void* at, nuint bytes, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(byte* at, nuint bytes);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(byte* at, nuint bytes, int advice);
}

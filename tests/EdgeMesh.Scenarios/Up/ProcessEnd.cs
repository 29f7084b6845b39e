using System.ComponentModel;
using System.Runtime.InteropServices;

namespace EdgeMesh.Scenarios.Up;

/// <summary>Waits for the end of a process that is not this one's child, by a signal of the kernel: a pidfd becomes readable.</summary>
/// <remarks>Linux 5.3 and later. A process that has ended counts even while nobody has reaped it.</remarks>
internal static class ProcessEnd
{
    private const int PidFdOpen = 434;
    private const int NoSuchProcess = 3;
    private const short Readable = 1;

    /// <summary>Waits on a thread of its own.</summary>
    /// <returns>False when the process is still there after the time.</returns>
    public static Task<bool> WaitAsync(int pid, TimeSpan timeout) => Task.Factory.StartNew(
        () => Wait(pid, timeout), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Kills a process that is not this one's child.</summary>
    public static void Kill(int pid) => _ = SendSignal(pid, 9);

    private static bool Wait(int pid, TimeSpan timeout)
    {
        var descriptor = SystemCall(PidFdOpen, pid, 0);
        if (descriptor < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            return error == NoSuchProcess ? true : throw new Win32Exception(error);
        }

        try
        {
            var watched = new Watched { Descriptor = (int)descriptor, Events = Readable };
            return Poll(ref watched, 1, (int)timeout.TotalMilliseconds) == 1;
        }
        finally
        {
            _ = Close((int)descriptor);
        }
    }

    [DllImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static extern long SystemCall(long number, long first, long second);

    [DllImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static extern int Poll(ref Watched watched, nuint count, int timeoutMilliseconds);

    [DllImport("libc", EntryPoint = "close")]
    private static extern int Close(int descriptor);

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int SendSignal(int pid, int signal);

    [StructLayout(LayoutKind.Sequential)]
    private struct Watched
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}

using System.Runtime.InteropServices;

namespace EdgeMesh.Benchmarks.Load;

/// <summary>Waits until one of some connections can go on, or a time has passed, to the microsecond. Linux.</summary>
/// <remarks>ppoll(2): what .NET offers for several sockets rounds to whole milliseconds. Timers are late by 50 µs unless a thread asks for less.</remarks>
internal sealed class ReadySockets
{
    private const short Readable = 0x1;
    private const short Writable = 0x4;
    private const int SetTimerSlack = 29;

    private readonly SteadyConnection[] _connections;
    private readonly PollDescriptor[] _descriptors;

    /// <summary>For connections of the calling thread.</summary>
    public ReadySockets(SteadyConnection[] connections)
    {
        _connections = connections;
        _descriptors = new PollDescriptor[connections.Length];
        _ = ControlProcess(SetTimerSlack, 1, 0, 0, 0);
    }

    /// <summary>Waits; not at all for a time that is past.</summary>
    public void Wait(TimeSpan time)
    {
        for (var i = 0; i < _connections.Length; i++)
        {
            _descriptors[i] = new PollDescriptor { Descriptor = _connections[i].Descriptor, Events = (short)(Readable | (_connections[i].HasOutput ? Writable : 0)) };
        }

        var left = Math.Max(0, time.Ticks);
        var timeout = new TimeSpecification { Seconds = left / TimeSpan.TicksPerSecond, Nanoseconds = left % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick };
        _ = Poll(_descriptors, (ulong)_descriptors.Length, ref timeout, 0);
    }

    [DllImport("libc", EntryPoint = "ppoll")]
    private static extern int Poll([In, Out] PollDescriptor[] descriptors, ulong count, ref TimeSpecification timeout, nint signals);

    [DllImport("libc", EntryPoint = "prctl")]
    private static extern int ControlProcess(int option, ulong value, ulong unused1, ulong unused2, ulong unused3);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Found;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpecification
    {
        public long Seconds;
        public long Nanoseconds;
    }
}

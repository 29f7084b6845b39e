using System.Globalization;

namespace EdgeMesh.Workloads.Processes;

/// <summary>Holds memory limits where no control group can: looks at what the processes of each session have resident, and ends those that have too much.</summary>
/// <remarks>
/// Coarser than a control group in three ways: what is taken within one interval is not held, memory that processes share counts for each, and a child that begins a session of its own escapes. One
/// walk over /proc for all replicas; none while there is no limit. Thread-safe.
/// </remarks>
internal sealed class MemoryWatch : IDisposable
{
    /// <summary>How often is looked.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    // After the name in brackets: state, ppid, pgrp, session, ..., rss in pages.
    private const int SessionField = 3;
    private const int ResidentField = 21;

    private readonly Dictionary<int, (long Limit, Action<long> Exceeded)> _sessions = [];
    private readonly ITimer _timer;
    private readonly string _proc;
    private int _isLooking;

    /// <param name="time">The clock of looks.</param>
    /// <param name="proc">Where the system shows its processes.</param>
    public MemoryWatch(TimeProvider time, string proc = "/proc")
    {
        _proc = proc;
        _timer = time.CreateTimer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Holds a session to a limit.</summary>
    /// <param name="session">Its leader's process id.</param>
    /// <param name="limitBytes">The limit.</param>
    /// <param name="exceeded">Called once with what it has, when that is more.</param>
    public void Add(int session, long limitBytes, Action<long> exceeded)
    {
        lock (_sessions)
        {
            _sessions[session] = (limitBytes, exceeded);
            if (_sessions.Count == 1)
            {
                _timer.Change(Interval, Interval);
            }
        }
    }

    public void Remove(int session)
    {
        lock (_sessions)
        {
            if (_sessions.Remove(session) && _sessions.Count == 0)
            {
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    /// <summary>Looks once.</summary>
    internal void Look()
    {
        if (Interlocked.Exchange(ref _isLooking, 1) != 0)
        {
            return;
        }

        try
        {
            var resident = new Dictionary<int, long>();
            foreach (var directory in Directory.EnumerateDirectories(_proc))
            {
                if (char.IsAsciiDigit(Path.GetFileName(directory)[0]) && TryRead(Path.Combine(directory, "stat"), out var session, out var bytes))
                {
                    resident[session] = resident.GetValueOrDefault(session) + bytes;
                }
            }

            List<(Action<long> Exceeded, long Bytes)> exceeded = [];
            lock (_sessions)
            {
                foreach (var (session, (limit, action)) in _sessions.ToList())
                {
                    if (resident.GetValueOrDefault(session) is var bytes && bytes > limit)
                    {
                        exceeded.Add((action, bytes));
                        Remove(session);
                    }
                }
            }

            exceeded.ForEach(one => one.Exceeded(one.Bytes));
        }
        finally
        {
            Volatile.Write(ref _isLooking, 0);
        }
    }

    private static bool TryRead(string path, out int session, out long bytes)
    {
        (session, bytes) = (0, 0);
        try
        {
            var text = File.ReadAllText(path);
            var fields = text[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            session = int.Parse(fields[SessionField], CultureInfo.InvariantCulture);
            bytes = long.Parse(fields[ResidentField], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
            return true;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException or IndexOutOfRangeException)
        {
            // It ended meanwhile.
            return false;
        }
    }
}

using EdgeMesh.V1;

namespace EdgeMesh.Relay.Coherence;

/// <summary>What a node has applied of the log, ready to be told to those below it: entries in order, or that somebody must start anew.</summary>
/// <remarks>
/// A Region feeds it with what it has committed, a tier with what it has applied. Each stream below asks for what comes after its own position,
/// so that none waits for another. Keeps the last entries in memory; older ones are read from <c>readOlder</c>, if there is one. A position counts
/// only if the very entry that it names is there: a node may come from a log that was one with this one until a copy of its data
/// directory was put back. Thread-safe: one lock, which no reading of older entries holds.
/// </remarks>
/// <param name="readOlder">Entries from a place on, at most so many, without gaps; they begin later where that place is gone. Null: none are kept but those in memory.</param>
public sealed class LogFeed(Func<ulong, int, IReadOnlyList<LogEntry>>? readOlder = null)
{
    /// <summary>Most entries in one update, and in memory: some 100 KiB when they are ordinary.</summary>
    public const int MaxEntries = 1024;

    // An update of entries that are no larger stays well below the 4 MiB that one message may have; a single one goes alone.
    private const int MaxBytes = 1 << 20;

    private readonly Lock _gate = new();
    private readonly LinkedList<LogEntry> _recent = [];
    private readonly Dictionary<LogEntry.ChangeOneofCase, LogEntry> _states = [];
    private volatile LogPosition? _head;

    // Where somebody is who gets all that is in memory; null: nobody does.
    private LogPosition? _before;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The last entry; null: not known yet. Not to be changed.</summary>
    public LogPosition? Head => _head;

    /// <summary>Completes when there is more than now. To be taken before <see cref="ReadAfter"/> is asked.</summary>
    public Task Changed
    {
        get
        {
            lock (_gate)
            {
                return _changed.Task;
            }
        }
    }

    /// <summary>Starts, or starts anew, at a position: those below are to do the same.</summary>
    /// <param name="head">Where.</param>
    /// <param name="states">Of each kind whose last entry stands for all before it, that one.</param>
    public void Start(LogPosition head, IEnumerable<LogEntry> states)
    {
        lock (_gate)
        {
            _recent.Clear();
            _states.Clear();
            foreach (var state in states)
            {
                _states[state.ChangeCase] = state;
            }

            _head = _before = head;
            PulseLocked();
        }
    }

    /// <summary>Takes in the next entry: of the same epoch and one place on, or the first of another epoch.</summary>
    /// <param name="entry">Not to be changed afterwards.</param>
    public void Publish(LogEntry entry)
    {
        lock (_gate)
        {
            if (entry.Epoch != _head?.Epoch)
            {
                _recent.Clear();
                _before = null;
            }

            _recent.AddLast(entry);
            if (_recent.Count > MaxEntries)
            {
                _before = _recent.First!.Value.PositionOf();
                _recent.RemoveFirst();
            }

            if (LogKinds.States.ContainsKey(entry.ChangeCase))
            {
                _states[entry.ChangeCase] = entry;
            }

            _head = entry.PositionOf();
            PulseLocked();
        }
    }

    /// <summary>Whether somebody at a position can go on from there.</summary>
    public bool Has(LogPosition position) => Head is not null && ReadAfter(position) is not { Reset: not null };

    /// <summary>What somebody is to apply next.</summary>
    /// <param name="known">The position that he is at; null: nowhere.</param>
    /// <returns>Null: nothing. Else entries, perhaps not all there are; or a reset.</returns>
    public LogUpdate? ReadAfter(LogPosition? known)
    {
        lock (_gate)
        {
            if (_head is null || (known is not null && known.Equals(_head)))
            {
                return null;
            }

            if (known is null || known.Epoch != _head.Epoch || known.Sequence >= _head.Sequence)
            {
                return ResetLocked();
            }

            if (known.Equals(_before))
            {
                return Take(_recent, known.Epoch);
            }

            if (_recent.First is { } oldest && known.Sequence >= oldest.Value.Sequence)
            {
                return TakeFrom(_recent.SkipWhile(entry => entry.Sequence < known.Sequence), known) ?? ResetLocked();
            }
        }

        // Race: (1) he is behind what is in memory; (2) an epoch begins; (3) entries of the one before are read and told: all of them were written before,
        // and his next turn tells of the new epoch.
        if (readOlder?.Invoke(known.Sequence, MaxEntries + 1) is { Count: > 0 } older && TakeFrom(older, known) is { } update)
        {
            return update;
        }

        lock (_gate)
        {
            return ResetLocked();
        }
    }

    /// <param name="entries">From a position on.</param>
    /// <param name="known">The position.</param>
    /// <returns>Null: they do not begin with the very entry that the position names, or there is nothing after it.</returns>
    private static LogUpdate? TakeFrom(IEnumerable<LogEntry> entries, LogPosition known) =>
        entries.First().PositionOf().Equals(known) && Take(entries.Skip(1), known.Epoch) is { Entries.Count: > 0 } update ? update : null;

    /// <summary>Entries of one epoch, within the bounds of an update.</summary>
    private static LogUpdate Take(IEnumerable<LogEntry> entries, ulong epoch)
    {
        var update = new LogUpdate();
        var bytes = 0;
        foreach (var entry in entries)
        {
            bytes += entry.CalculateSize();
            if (update.Entries.Count == MaxEntries || (bytes > MaxBytes && update.Entries.Count > 0) || entry.Epoch != epoch)
            {
                break;
            }

            update.Entries.Add(entry);
        }

        return update;
    }

    private LogUpdate ResetLocked()
    {
        var update = new LogUpdate { Reset = _head };
        update.Entries.AddRange(_states.Values.OrderBy(entry => entry.Sequence));
        return update;
    }

    private void PulseLocked()
    {
        _changed.TrySetResult();
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

using EdgeMesh.Caching;
using EdgeMesh.V1;

namespace EdgeMesh.Relay.Coherence;

/// <summary>What a caching node has applied of its Region's log: takes updates in, and carries them out on its store.</summary>
/// <remarks>
/// <code>
/// update -> entry by entry, in order: handler of its kind -> position -> Feed, for those below -> acknowledged, by who asked for the update
/// </code>
/// The store numbers its purges in one sequence of its own, which never goes back; places in the log may, with another epoch. So a number of
/// the store is a place and an offset, which a reset sets. <see cref="Apply"/> is called by one thread at a time; all else is thread-safe.
/// </remarks>
public sealed class AppliedLog
{
    private readonly SlabStore _store;
    private readonly Dictionary<LogEntry.ChangeOneofCase, Action<LogEntry, long>> _handlers;
    private readonly List<Action> _resets = [];
    private volatile Model? _model;

    /// <summary>Has applied nothing yet.</summary>
    public AppliedLog(SlabStore store)
    {
        _store = store;
        _handlers = new()
        {
            [LogEntry.ChangeOneofCase.EpochStart] = static (_, _) => { },
            [LogEntry.ChangeOneofCase.Invalidation] = Invalidate,
        };
    }

    /// <summary>Where it is; null: it has applied nothing yet. Not to be changed.</summary>
    public LogPosition? Position => _model?.Position;

    /// <summary>What those below are told.</summary>
    public LogFeed Feed { get; } = new();

    /// <summary>Has entries of a kind carried out by <paramref name="apply"/>, which gets each once, in order, and again the last one after a reset. To be called before the first update.</summary>
    public void Handle(LogEntry.ChangeOneofCase kind, Action<LogEntry> apply) => _handlers[kind] = (entry, _) => apply(entry);

    /// <summary>Has <paramref name="reset"/> called before a reset's entries are carried out: what those that came before have set is to go. To be called before the first update.</summary>
    public void HandleReset(Action reset) => _resets.Add(reset);

    /// <summary>Carries an update out: when this returns, nothing is answered any more with what it took out of service.</summary>
    /// <exception cref="InvalidDataException">An entry is not the next one; those before it are applied.</exception>
    public void Apply(LogUpdate update)
    {
        if (update.Reset is { } reset)
        {
            _model = null;
            var number = _store.PurgeAll();
            _resets.ForEach(undo => undo());
            foreach (var state in update.Entries)
            {
                ApplyEntry(state, number);
            }

            _model = new Model(reset, number - (long)reset.Sequence);
            Feed.Start(reset, update.Entries);
            return;
        }

        foreach (var entry in update.Entries)
        {
            if (_model is not { } model || entry.Epoch != model.Position.Epoch || entry.Sequence != model.Position.Sequence + 1)
            {
                throw new InvalidDataException($"entry {entry.Sequence} of the log came after {_model?.Position.Sequence.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "nothing"}");
            }

            ApplyEntry(entry, (long)entry.Sequence + model.Offset);
            _model = model with { Position = entry.PositionOf() };
            Feed.Publish(entry);
        }
    }

    private void ApplyEntry(LogEntry entry, long number)
    {
        if (_handlers.TryGetValue(entry.ChangeCase, out var apply))
        {
            apply(entry, number);
        }
        else
        {
            // Of a later Region: whatever it means, nothing that is older is answered with.
            _store.PurgeAll(number);
        }
    }

    private void Invalidate(LogEntry entry, long number)
    {
        foreach (var target in entry.Invalidation.Targets)
        {
            if (target.TargetCase == InvalidationTarget.TargetOneofCase.Tag && !entry.Invalidation.Soft)
            {
                _store.PurgeTag(target.Tag, number);
            }
            else
            {
                _store.PurgeAll(number);
            }
        }
    }

    /// <param name="Position">What was applied last.</param>
    /// <param name="Offset">What the store's number of a purge is more than its place in the log.</param>
    private sealed record Model(LogPosition Position, long Offset);
}

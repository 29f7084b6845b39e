using System.Globalization;
using EdgeMesh.Caching;
using EdgeMesh.Caching.Purges;
using EdgeMesh.V1;

namespace EdgeMesh.Relay.Coherence;

/// <summary>What a caching node has applied of its Region's log: takes updates in, carries them out on its store, and says what as-of an answer has.</summary>
/// <remarks>
/// <code>
/// update -> entry by entry, in order: handler of its kind -> store and fills -> position -> Feed, for those below -> acknowledged, by who asked for it
/// </code>
/// The store numbers purges, and what answers are as-of, in one sequence of its own that never goes back; places in the log may, with another
/// epoch. So a number is a place and an offset. A new offset is so far on that no number of before reaches it: what was asked for before is purged by
/// the reset, and is told to nobody as of a place of the new epoch. <see cref="Apply"/> is called by one thread at a time; all else is thread-safe.
/// </remarks>
public sealed class AppliedLog
{
    /// <summary>How far upstream's place may be ahead of this node's for an answer to be as-of it; beyond, it counts as that far: less is safe.</summary>
    private const long MaxAhead = 1 << 20;

    // Above the greatest field number in the oneof of InvalidationTarget.
    private const int MaxTargetKinds = 8;

    private readonly SlabStore _store;
    private readonly Dictionary<LogEntry.ChangeOneofCase, Action<LogEntry>> _handlers = [];
    private readonly List<Action> _resets = [];
    private readonly Lock _gate = new();
    private readonly long[] _targets = new long[MaxTargetKinds];
    private volatile Model? _model;
    private long _resetCount;

    /// <summary>Has applied nothing yet.</summary>
    public AppliedLog(SlabStore store) => _store = store;

    /// <summary>Raised when purges are in force in the store, before they count as applied.</summary>
    public event Action<PurgeBatch>? Purged;

    /// <summary>Where it is; null: it has applied nothing yet. Not to be changed.</summary>
    public LogPosition? Position => _model?.Position;

    /// <summary>How often it has started anew, the first time included: at the end of the log, everything before that purged.</summary>
    public long Resets => Volatile.Read(ref _resetCount);

    /// <summary>What those below are told.</summary>
    public LogFeed Feed { get; } = new();

    /// <summary>How a message of a method (<c>/package.Service/Method</c>) stands in keys; as it is, unless told otherwise.</summary>
    public Func<string, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> KeyMessage { get; set; } = static (_, message) => message;

    /// <summary>Has entries of a kind carried out by <paramref name="apply"/>, which gets each once, in order, and again the last one after a reset. To be called before the first update.</summary>
    public void Handle(LogEntry.ChangeOneofCase kind, Action<LogEntry> apply) => _handlers[kind] = apply;

    /// <summary>Has <paramref name="reset"/> called before a reset's entries are carried out: what those that came before have set is to go. To be called before the first update.</summary>
    public void HandleReset(Action reset) => _resets.Add(reset);

    /// <summary>How many targets of purges of a kind it has carried out; those of kinds that it does not know count as none.</summary>
    public long CountTargets(InvalidationTarget.TargetOneofCase kind) => Volatile.Read(ref _targets[(int)kind]);

    /// <summary>Carries an update out: when this returns, nothing is answered any more with what it took out of service.</summary>
    /// <exception cref="InvalidDataException">An entry is not the next one; those before it are applied.</exception>
    public void Apply(LogUpdate update)
    {
        if (update.Reset is { } reset)
        {
            Reset(reset, update.Entries);
            return;
        }

        var batch = new PurgeBatch();
        var taken = 0;
        var model = _model;
        try
        {
            foreach (var entry in update.Entries)
            {
                if (model?.Position is not { } position || entry.Epoch != position.Epoch || entry.Sequence != position.Sequence + 1)
                {
                    throw new InvalidDataException($"entry {entry.Sequence} of the log came after {model?.Position?.Sequence.ToString(CultureInfo.InvariantCulture) ?? "nothing"}");
                }

                Take(entry, (long)entry.Sequence + model.Offset, ref batch);
                model = model.At(entry.PositionOf());
                taken++;
            }
        }
        finally
        {
            CarryOut(ref batch);
            _model = model;
            foreach (var entry in update.Entries.Take(taken))
            {
                Feed.Publish(entry);
            }
        }
    }

    /// <summary>What an answer is as-of, in the store's numbers.</summary>
    /// <param name="told">What upstream told with it.</param>
    /// <returns>Null: nothing that is known here, so that a purge might miss it.</returns>
    public long? ToNumber(string? told)
    {
        if (told is null || !TryRead(told, out var epoch, out var sequence))
        {
            return null;
        }

        var model = _model ?? Expect(epoch, sequence);
        return model.Epoch == epoch ? Math.Min(model.Offset + sequence, model.Number + MaxAhead) : null;
    }

    /// <summary>What to tell a node of an answer's as-of; null: nothing that it could use.</summary>
    /// <param name="number">In the store's numbers.</param>
    public string? Tell(long number) => _model is { } model && number > model.Offset ? Show(model.Epoch, (ulong)(number - model.Offset)) : null;

    /// <summary>As-of on the wire.</summary>
    internal static string Show(ulong epoch, ulong sequence) => string.Create(CultureInfo.InvariantCulture, $"{epoch}.{sequence}");

    private static bool TryRead(string told, out ulong epoch, out long sequence)
    {
        sequence = 0;
        epoch = 0;
        var dot = told.IndexOf('.', StringComparison.Ordinal);
        return dot > 0
            && ulong.TryParse(told.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out epoch)
            && long.TryParse(told.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out sequence)
            && sequence <= long.MaxValue / 2;
    }

    /// <summary>Takes the epoch of the first answer for the log's, until that is told: what was asked for before a node joined, and after the place where it starts, stays.</summary>
    private Model Expect(ulong epoch, long sequence)
    {
        lock (_gate)
        {
            var offset = _store.Sequence + (2 * MaxAhead);
            return _model ??= new Model(epoch, null, offset, offset + sequence);
        }
    }

    private void Reset(LogPosition reset, IEnumerable<LogEntry> states)
    {
        lock (_gate)
        {
            var offset = _model is { } model && model.Epoch == reset.Epoch && model.Offset + (long)reset.Sequence >= _store.Sequence
                ? model.Offset
                : _store.Sequence + (2 * MaxAhead);
            var number = offset + (long)reset.Sequence;
            var batch = new PurgeBatch();
            batch.AddAll(isSoft: false, number);
            CarryOut(ref batch);
            _resets.ForEach(undo => undo());
            foreach (var state in states)
            {
                Take(state, number, ref batch);
            }

            CarryOut(ref batch);
            _model = new Model(reset.Epoch, reset, offset, number);
            Interlocked.Increment(ref _resetCount);
        }

        Feed.Start(reset, states);
    }

    private void Take(LogEntry entry, long number, ref PurgeBatch batch)
    {
        switch (entry.ChangeCase)
        {
            case var kind when _handlers.TryGetValue(kind, out var apply):
                // What came before it in the log is in force before it is.
                CarryOut(ref batch);
                apply(entry);
                break;
            case LogEntry.ChangeOneofCase.EpochStart:
                break;
            case LogEntry.ChangeOneofCase.Invalidation:
                foreach (var target in entry.Invalidation.Targets)
                {
                    Add(batch, target, entry.Invalidation.Soft, number);
                }

                break;
            default:
                // Of a later Region: whatever it means, nothing that is older is answered with.
                batch.AddAll(isSoft: false, number);
                break;
        }
    }

    private void Add(PurgeBatch batch, InvalidationTarget target, bool isSoft, long number)
    {
        Interlocked.Increment(ref _targets[(int)target.TargetCase]);
        switch (target.TargetCase)
        {
            case InvalidationTarget.TargetOneofCase.Tag:
                batch.AddTag(target.Tag, isSoft, number);
                break;
            case InvalidationTarget.TargetOneofCase.Method:
                batch.AddMethod($"/{target.Method}", isSoft, number);
                break;
            case InvalidationTarget.TargetOneofCase.Request:
                var path = $"/{target.Request.Method}";
                batch.AddRequest(path, KeyMessage(path, target.Request.Message.Memory).Span, isSoft, number);
                break;
            default:
                // Everything, or something of a later Region: not softly, since it is not known what it spares.
                batch.AddAll(isSoft && target.TargetCase == InvalidationTarget.TargetOneofCase.All, number);
                break;
        }
    }

    private void CarryOut(ref PurgeBatch batch)
    {
        if (!batch.IsEmpty)
        {
            _store.Purge(batch);
            Purged?.Invoke(batch);
            batch = new PurgeBatch();
        }
    }

    /// <param name="Epoch">Of the log.</param>
    /// <param name="Position">What was applied last; null: nothing.</param>
    /// <param name="Offset">What a number is more than its place in the log.</param>
    /// <param name="Number">That of the position.</param>
    private sealed record Model(ulong Epoch, LogPosition? Position, long Offset, long Number)
    {
        public Model At(LogPosition position) => this with { Position = position, Number = Offset + (long)position.Sequence };
    }
}

using EdgeMesh.Caching;
using EdgeMesh.Relay.Coherence;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf.WellKnownTypes;

namespace EdgeMesh.Relay.Tests.Coherence;

public sealed class AppliedLogTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly SlabStore _store;
    private readonly AppliedLog _log;

    public AppliedLogTests()
    {
        _store = new SlabStore(new SlabStoreOptions { CapacityBytes = SlabStore.MinCapacityBytes }, _time);
        _log = new AppliedLog(_store);
    }

    public void Dispose() => _store.Dispose();

    [Fact]
    public void Apply_Reset_DropsAllAndStartsThere()
    {
        Store("a");

        _log.Apply(new LogUpdate { Reset = Entry(40).PositionOf() });

        Assert.False(Has("a"));
        Assert.Equal(Entry(40).PositionOf(), _log.Position);
        Assert.Equal(_log.Position, _log.Feed.Head);
    }

    [Fact]
    public void Apply_Entries_TakeOutWhatTheyNameAndMoveOn()
    {
        _log.Apply(new LogUpdate { Reset = Entry(40).PositionOf() });
        Store("a", "shoes");
        Store("b", "hats");

        _log.Apply(new LogUpdate { Entries = { Entry(41, "shoes"), Entry(42, "socks") } });

        Assert.False(Has("a"));
        Assert.True(Has("b"));
        Assert.Equal(Entry(42).PositionOf(), _log.Position);
        Assert.Equal([Entry(41, "shoes"), Entry(42, "socks")], _log.Feed.ReadAfter(Entry(40).PositionOf())!.Entries);
    }

    [Fact]
    public void Apply_SeveralTargets_TakeOutWhatAnyOfThemNames()
    {
        _log.Apply(new LogUpdate { Reset = Entry(40).PositionOf() });
        Store("a", "shoes");
        Store("b", "hats");
        Store("c");

        _log.Apply(new LogUpdate { Entries = { Entry(41, "shoes", "hats") } });

        Assert.Equal([false, false, true], new[] { Has("a"), Has("b"), Has("c") });
    }

    [Theory]
    [InlineData(41, 1)]
    [InlineData(43, 1)]
    [InlineData(42, 2)]
    public void Apply_NotTheNextEntry_FailsAndStaysWhereItIs(ulong sequence, ulong epoch)
    {
        _log.Apply(new LogUpdate { Reset = Entry(40).PositionOf() });
        var wrong = Entry(sequence, "shoes");
        wrong.Epoch = epoch;

        Assert.Throws<InvalidDataException>(() => _log.Apply(new LogUpdate { Entries = { Entry(41, "x"), wrong } }));

        Assert.Equal(Entry(41).PositionOf(), _log.Position);
    }

    [Fact]
    public void Apply_EntriesBeforeAnyReset_Fail() =>
        Assert.Throws<InvalidDataException>(() => _log.Apply(new LogUpdate { Entries = { Entry(1, "x") } }));

    [Fact]
    public void Apply_KindThatIsNotKnown_DropsAll()
    {
        _log.Apply(new LogUpdate { Reset = Entry(40).PositionOf() });
        Store("a");
        var unknown = Entry(41);
        unknown.Invalidation = null;

        _log.Apply(new LogUpdate { Entries = { unknown } });

        Assert.False(Has("a"));
        Assert.Equal(41u, _log.Position!.Sequence);
    }

    [Fact]
    public void Apply_ResetToAnEarlierPlace_GoesOnFromThere()
    {
        _log.Apply(new LogUpdate { Reset = Entry(1000).PositionOf() });
        _log.Apply(new LogUpdate { Entries = { Entry(1001, "x") } });
        var earlier = Entry(10).PositionOf();
        earlier.Epoch = 2;

        _log.Apply(new LogUpdate { Reset = earlier });

        Store("a", "shoes");
        Assert.True(Has("a"));
        var next = Entry(11, "shoes");
        next.Epoch = 2;
        _log.Apply(new LogUpdate { Entries = { next } });
        Assert.False(Has("a"));
    }

    [Fact]
    public void Handle_AKind_GetsItsEntriesInOrder()
    {
        var handled = new List<ulong>();
        _log.Handle(LogEntry.ChangeOneofCase.EpochStart, entry => handled.Add(entry.Sequence));
        var (first, second) = (Entry(41), Entry(42));
        (first.EpochStart, second.EpochStart) = (new EpochStart(), new EpochStart());

        _log.Apply(new LogUpdate { Reset = Entry(40).PositionOf() });
        _log.Apply(new LogUpdate { Entries = { first, second } });

        Assert.Equal([41u, 42u], handled);
    }

    private void Store(string key, params string[] tags)
    {
        var now = _time.GetTimestamp();
        var entry = CacheEntry.Response([], [0, 0, 0, 0, 0], [], MessageCoding.Identity, isPublic: false, TimeSpan.Zero, now, now + TimeSpan.FromMinutes(1).Ticks, asOf: _store.Sequence, tags: tags);
        Assert.Equal(StoreOutcome.Stored, _store.Set(Key(key), entry));
    }

    private bool Has(string key)
    {
        using var hit = _store.Get(Key(key), _time.GetTimestamp());
        return hit.IsHit;
    }

    private static CacheKey Key(string key) => new(System.Text.Encoding.ASCII.GetBytes(key));

    private static LogEntry Entry(ulong sequence, params string[] tags) => new()
    {
        Epoch = 1,
        Sequence = sequence,
        CommitTime = new Timestamp { Seconds = (long)sequence },
        Invalidation = new Invalidation { Targets = { tags.Select(tag => new InvalidationTarget { Tag = tag }) } },
    };
}

using EdgeMesh.Relay.Coherence;
using EdgeMesh.V1;
using Google.Protobuf.WellKnownTypes;

namespace EdgeMesh.Relay.Tests.Coherence;

public sealed class LogFeedTests
{
    private readonly LogFeed _feed = new();

    [Fact]
    public void ReadAfter_NothingKnown_IsNothing()
    {
        Assert.Null(_feed.ReadAfter(null));
        Assert.Null(_feed.ReadAfter(At(3)));
    }

    [Fact]
    public void ReadAfter_AtTheHead_IsNothingUntilThereIsMore()
    {
        _feed.Start(At(5), []);
        var changed = _feed.Changed;
        Assert.Null(_feed.ReadAfter(At(5)));
        Assert.False(changed.IsCompleted);

        _feed.Publish(Entry(6));

        Assert.True(changed.IsCompleted);
        Assert.Equal([Entry(6)], _feed.ReadAfter(At(5))!.Entries);
    }

    [Fact]
    public void ReadAfter_SomewhereInMemory_IsAllThatFollows()
    {
        _feed.Start(At(5), []);
        for (ulong i = 6; i <= 20; i++)
        {
            _feed.Publish(Entry(i));
        }

        Assert.Equal(Enumerable.Range(10, 11).Select(i => Entry((ulong)i)), _feed.ReadAfter(At(9))!.Entries);
    }

    [Theory]
    [InlineData(1, 21, 0)]
    [InlineData(1, 9, 1)]
    [InlineData(1, 20, 1)]
    [InlineData(1, 2, 0)]
    [InlineData(2, 9, 0)]
    public void ReadAfter_NotAPlaceOfThisLog_StartsAnewAtTheHead(ulong epoch, ulong sequence, int writtenLater)
    {
        _feed.Start(At(5), []);
        for (ulong i = 6; i <= 20; i++)
        {
            _feed.Publish(Entry(i));
        }

        var update = _feed.ReadAfter(new LogPosition { Epoch = epoch, Sequence = sequence, CommitTime = new Timestamp { Seconds = (long)sequence, Nanos = writtenLater } });

        Assert.Equal(At(20), update!.Reset);
        Assert.Empty(update.Entries);
    }

    [Fact]
    public void ReadAfter_BehindWhatIsInMemory_ReadsTheOlder()
    {
        var all = Enumerable.Range(1, 3000).Select(i => Entry((ulong)i)).ToList();
        var feed = new LogFeed((sequence, count) => [.. all.Where(entry => entry.Sequence >= Math.Max(sequence, 100)).Take(count)]);
        feed.Start(At(1), []);
        all.Skip(1).ToList().ForEach(feed.Publish);

        LogPosition? position = At(500);
        var read = new List<LogEntry>();
        while (feed.ReadAfter(position) is { } update)
        {
            Assert.Null(update.Reset);
            Assert.InRange(update.Entries.Count, 1, LogFeed.MaxEntries);
            read.AddRange(update.Entries);
            position = update.Reached();
        }

        Assert.Equal(all.Skip(500), read);
        Assert.Equal(At(3000), feed.ReadAfter(At(99))!.Reset);
    }

    [Fact]
    public void ReadAfter_LargeEntries_ComeInUpdatesThatFitAMessage()
    {
        _feed.Start(At(1), []);
        for (ulong i = 2; i <= 6; i++)
        {
            var large = Entry(i);
            large.Invalidation.Note = new string('x', 600_000);
            _feed.Publish(large);
        }

        LogPosition? position = At(2);
        var counts = new List<int>();
        while (_feed.ReadAfter(position) is { } update)
        {
            counts.Add(update.Entries.Count);
            position = update.Reached();
        }

        Assert.Equal([1, 1, 1, 1], counts);
    }

    [Fact]
    public void Publish_AnotherEpoch_HasAllStartAnew()
    {
        _feed.Start(At(5), []);
        _feed.Publish(Entry(6));
        var next = new LogEntry { Epoch = 2, Sequence = 7, CommitTime = new Timestamp { Seconds = 7 }, EpochStart = new EpochStart() };

        _feed.Publish(next);

        Assert.Equal(next.PositionOf(), _feed.ReadAfter(At(6))!.Reset);
        Assert.Null(_feed.ReadAfter(next.PositionOf()));
    }

    private static LogPosition At(ulong sequence) => Entry(sequence).PositionOf();

    private static LogEntry Entry(ulong sequence) => new()
    {
        Epoch = 1,
        Sequence = sequence,
        CommitTime = new Timestamp { Seconds = (long)sequence },
        Invalidation = new Invalidation { Targets = { new InvalidationTarget { Tag = $"tag-{sequence}" } } },
    };
}

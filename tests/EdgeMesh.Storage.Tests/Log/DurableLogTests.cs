using EdgeMesh.Storage.Log;
using EdgeMesh.Storage.Tests.Backup;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf.WellKnownTypes;

namespace EdgeMesh.Storage.Tests.Log;

public sealed class DurableLogTests
{
    [Fact]
    public async Task Open_NewStore_BeginsAnEpochOfItsTime()
    {
        await using var test = await TestStore.OpenAsync();

        var first = test.Store.Log.Opened;

        Assert.Equal(LogEntry.ChangeOneofCase.EpochStart, first.ChangeCase);
        Assert.Equal(1u, first.Sequence);
        Assert.Equal((ulong)(test.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMicroseconds, first.Epoch);
        Assert.Equal(Timestamp.FromDateTimeOffset(test.Time.GetUtcNow()), first.CommitTime);
    }

    [Fact]
    public async Task Append_ManyAtOnce_AreInPlacesOneByOneAndToldInTheirOrderBeforeTheirWritersAre()
    {
        await using var test = await TestStore.OpenAsync();
        var told = new List<ulong>();
        test.Store.Log.Committed = entry => told.Add(entry.Sequence);

        var entries = await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            var entry = await test.Store.Log.AppendAsync(Purge($"tag-{i}"), default);
            Assert.Contains(entry.Sequence, told.ToArray());
            return entry;
        }));

        Assert.Equal(Enumerable.Range(2, 200).Select(n => (ulong)n), told);
        Assert.Equal(told, entries.Select(entry => entry.Sequence).Order());
        Assert.All(entries, entry => Assert.Equal(test.Store.Log.Opened.Epoch, entry.Epoch));
        Assert.Equal(entries.OrderBy(entry => entry.Sequence), test.Store.Log.From(2, 1000));
    }

    [Fact]
    public async Task Reopen_GoesOnInTheSameEpoch()
    {
        await using var test = await TestStore.OpenAsync();
        var epoch = test.Store.Log.Opened.Epoch;
        var written = await test.Store.Log.AppendAsync(Purge("one"), default);
        test.Time.Advance(TimeSpan.FromDays(1));

        await test.ReopenAsync();

        Assert.Equal(written, test.Store.Log.Opened);
        Assert.Equal(3u, (await test.Store.Log.AppendAsync(Purge("two"), default)).Sequence);
        Assert.Equal(epoch, test.Store.Log.From(3, 1)[0].Epoch);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task Restore_BeginsALaterEpochAfterWhatTheBackupHad_WhateverTheClockSays(int days)
    {
        await using var test = await TestStore.OpenAsync();
        var last = await test.Store.Log.AppendAsync(Purge("one"), default);
        var archive = await BackupTests.ArchiveOfAsync(test.Store);
        using var folder = new TempDirectory();
        await BackupTests.RestoreAsync(archive, folder.File("data"));

        var time = new ManualTimeProvider(test.Time.GetUtcNow().AddDays(days));
        ObjectStoreOptions options = new() { DataDirectory = folder.File("data") };
        LogEntry opened;
        await using (var restored = await ObjectStore.OpenAsync(options, time, test.Log.CreateLogger("restored"), default))
        {
            opened = restored.Log.Opened;
            Assert.True(opened.Epoch > last.Epoch);
            Assert.Equal(last.Sequence + 1, opened.Sequence);
            Assert.Equal([last, opened], restored.Log.From(2, 10));
        }

        // Once only.
        await using var again = await ObjectStore.OpenAsync(options, time, test.Log.CreateLogger("again"), default);
        Assert.Equal(opened, again.Log.Opened);
    }

    [Fact]
    public async Task Append_BeyondWhatIsKept_RemovesOldOnesButTheLastOfEachState()
    {
        await using var test = await TestStore.OpenAsync();
        test.LogRetention = new LogRetention { Entries = 128, States = new Dictionary<LogEntry.ChangeOneofCase, int> { [LogEntry.ChangeOneofCase.EpochStart] = 2 } };
        await test.ReopenAsync();
        var log = test.Store.Log;
        await log.BeginEpochAsync(default);
        var kept = new[] { await log.BeginEpochAsync(default), await log.BeginEpochAsync(default) };

        for (var i = 0; i < 500; i++)
        {
            await log.AppendAsync(Purge($"tag-{i}"), default);
        }

        var all = log.From(0, 10_000);
        Assert.InRange(all.Count, 128, 130);
        Assert.Equal(504u, all[^1].Sequence);
        Assert.Equal(Enumerable.Range((int)all[0].Sequence, all.Count), all.Select(entry => (int)entry.Sequence));
        Assert.Equal(kept.Reverse(), log.OfKind(LogEntry.ChangeOneofCase.EpochStart, long.MaxValue, 10));
        Assert.Equal(["tag-499", "tag-498"], log.OfKind(LogEntry.ChangeOneofCase.Invalidation, long.MaxValue, 2).Select(entry => entry.Invalidation.Targets[0].Tag));
        Assert.Equal(["tag-497"], log.OfKind(LogEntry.ChangeOneofCase.Invalidation, 503, 1).Select(entry => entry.Invalidation.Targets[0].Tag));
    }

    private static LogEntry Purge(string tag) => new() { Invalidation = new Invalidation { Targets = { new InvalidationTarget { Tag = tag } } } };
}

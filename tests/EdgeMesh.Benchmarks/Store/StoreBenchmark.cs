using System.Diagnostics;
using System.Globalization;
using EdgeMesh.Caching;

namespace EdgeMesh.Benchmarks.Store;

/// <summary>Measures what is not a single operation: bytes an entry, purges, pauses.</summary>
/// <remarks>What takes gigabytes runs only when it is asked for.</remarks>
internal sealed class StoreBenchmark(int rounds, Action<string> report)
{
    /// <summary>Bytes an entry at a million entries of 100 bytes and of 1 KiB.</summary>
    public void MeasureBytes()
    {
        report("| bytes an entry, 1 M entries | of | index, entry table, policy | header and slack | all beside key and value |");
        report("|---|---|---|---|---|");
        foreach (var bytes in (int[])[100, 1024])
        {
            const int Entries = 1_000_000;
            using (var store = new SlabStore(new SlabStoreOptions { CapacityBytes = 4L << 30 }, TimeProvider.System))
            {
                var entry = StoreWorkload.Entry(bytes);
                for (var i = 0; i < Entries; i++)
                {
                    store.Set(StoreWorkload.Key(i), entry);
                }

                var statistics = store.GetStatistics();
                double n = statistics.Entries;
                var index = (statistics.IndexBytes + statistics.EntryTableBytes + statistics.PolicyBytes) / n;
                var slots = (statistics.SlotBytes / n) - StoreWorkload.KeyBytes - entry.Head.Length - bytes;
                var all = (statistics.ChargedBytes / n) - StoreWorkload.KeyBytes - entry.Head.Length - bytes;
                report(Row($"{bytes} B", "slabs", index, slots, all));
            }

            var before = GC.GetTotalMemory(forceFullCollection: true);
            using (var store = new MemoryCacheStore(long.MaxValue, TimeProvider.System))
            {
                for (var i = 0; i < Entries; i++)
                {
                    store.Set(StoreWorkload.Key(i), StoreWorkload.Entry(bytes));
                }

                var held = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)Entries;
                report(Row($"{bytes} B", "memorycache", double.NaN, double.NaN, held - StoreWorkload.KeyBytes - StoreWorkload.Entry(0).Head.Length - bytes));
            }
        }
    }

    /// <summary>A tag of a million entries purged: how long until none is found, how long until the memory is back.</summary>
    public void MeasurePurge()
    {
        const int Entries = 1_000_000;
        using var store = new SlabStore(new SlabStoreOptions { CapacityBytes = 4L << 30 }, TimeProvider.System);
        var entry = StoreWorkload.Entry(100, "tag");
        for (var i = 0; i < Entries; i++)
        {
            store.Set(StoreWorkload.Key(i), entry);
        }

        // The first call of a method compiles it, and what it calls.
        store.Set(StoreWorkload.Key(Entries), StoreWorkload.Entry(100, "another"));
        store.PurgeTag("another");
        var (before, residentBefore) = (store.ChargedBytes, ProcessMemory.ResidentBytes());
        var (watch, processor) = (Stopwatch.StartNew(), ThreadClock.Nanoseconds());
        store.PurgeTag("tag");
        var (visible, visibleProcessor) = (watch.Elapsed, (ThreadClock.Nanoseconds() - processor) / 1000);
        var found = 0;
        for (var i = 0; i < Entries; i += 1000)
        {
            using var hit = store.Get(StoreWorkload.Key(i), StoreWorkload.Now);
            found += hit.IsHit ? 1 : 0;
        }

        while (store.GetStatistics() is { Entries: > 0 } or { WaitingBytes: > 0 })
        {
            // Statistics need the store's lock: asked for without a rest, they would hold up what they wait for.
            Thread.Sleep(1);
        }

        report(string.Create(CultureInfo.InvariantCulture, $"purge of a tag of {Entries:N0} entries: returns after {visible.TotalMicroseconds:F0} µs ({visibleProcessor:F0} µs of the thread's processor time), {found} of 1,000 looked for are found then; all removed and free after {watch.Elapsed.TotalMilliseconds:F0} ms; held {before >> 20} MiB before, {store.ChargedBytes >> 20} MiB after; resident {residentBefore >> 20} and {ProcessMemory.ResidentBytes() >> 20} MiB"));
    }

    /// <summary>Pauses of a full collection with ten million entries in the store, and without it.</summary>
    public void MeasurePauses()
    {
        const int Entries = 10_000_000;
        var without = Pause();
        using var store = new SlabStore(new SlabStoreOptions { CapacityBytes = 8L << 30 }, TimeProvider.System);
        var entry = StoreWorkload.Entry(100);
        for (var i = 0; i < Entries; i++)
        {
            store.Set(StoreWorkload.Key(i), entry);
        }

        var with = Pause();
        report(string.Create(CultureInfo.InvariantCulture, $"blocking gen-2 collection, median pause: {without.TotalMilliseconds:F2} ms without a store, {with.TotalMilliseconds:F2} ms with {store.Count:N0} entries ({store.ChargedBytes >> 20} MiB) in it"));
    }

    /// <summary>Pauses of a full collection with 10 GiB of entries of 1 to 64 KiB in the store while a thread goes on inserting, and without the store.</summary>
    public void MeasurePausesUnderChurn()
    {
        const long Capacity = 10L << 30;
        CacheEntry[] entries = [.. Enumerable.Range(0, 4).Select(i => StoreWorkload.Entry(1024 << (2 * i)))];
        var without = PauseBeside(number => StoreWorkload.Key(number));
        using var store = new SlabStore(new SlabStoreOptions { CapacityBytes = Capacity }, TimeProvider.System);
        var next = 0;
        while (store.GetStatistics().Evictions == 0)
        {
            Insert(next++);
        }

        var with = PauseBeside(number => Insert(next + number));
        report(string.Create(CultureInfo.InvariantCulture, $"the same under churn: {without.TotalMilliseconds:F2} ms without a store, {with.TotalMilliseconds:F2} ms with {store.Count:N0} entries ({store.ChargedBytes >> 20} MiB) in it, {store.GetStatistics().Evictions:N0} evicted"));

        void Insert(int number) => store.Set(StoreWorkload.Key(number), entries[number % entries.Length]);
    }

    private TimeSpan PauseBeside(Action<int> work)
    {
        using var stop = new CancellationTokenSource();
        var worker = new Thread(() =>
        {
            for (var number = 0; !stop.IsCancellationRequested; number++)
            {
                work(number);
            }
        });
        worker.Start();
        var pause = Pause();
        stop.Cancel();
        worker.Join();
        return pause;
    }

    private TimeSpan Pause()
    {
        var pauses = new List<TimeSpan>();
        for (var i = 0; i < 3 + rounds; i++)
        {
            GC.Collect(2, GCCollectionMode.Forced, blocking: true);
            pauses.Add(GC.GetGCMemoryInfo(GCKind.FullBlocking).PauseDurations[0]);
        }

        return pauses.Skip(3).Order().ElementAt(rounds / 2);
    }

    private static string Row(string of, string store, double index, double slots, double all) =>
        string.Create(CultureInfo.InvariantCulture, $"| {store} | {of} | {index:F1} | {slots:F1} | {all:F1} |");
}

using System.Diagnostics;
using System.Globalization;
using EdgeMesh.Caching;

namespace EdgeMesh.Benchmarks.Store;

/// <summary>Measures the store beside a concurrent dictionary and <see cref="MemoryCacheStore"/>, all behind one seam.</summary>
/// <remarks>Medians of several rounds in one process, by the clock and, in brackets, by the threads' processor time. What takes gigabytes runs only when it is asked for.</remarks>
internal sealed class StoreBenchmark(int rounds, Action<string> report)
{
    // A thousand entries of 100 bytes with their index are about 300 KiB: they stay in a core's second-level cache.
    private const int NearEntries = 1000;
    private const int Operations = 1_000_000;

    private static readonly string[] Mixes = ["100/0", "95/5", "75/25"];

    /// <summary>Operations in memory: hash, lookup, insertion, mixes.</summary>
    public void MeasureOperations()
    {
        MeasureHash();
        MeasureLookups();
        MeasureInsertions();
        MeasureMixes();
    }

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

        TimeSpan Pause()
        {
            var pauses = new List<TimeSpan>();
            for (var i = 0; i < 3 + rounds; i++)
            {
                GC.Collect(2, GCCollectionMode.Forced, blocking: true);
                pauses.Add(GC.GetGCMemoryInfo(GCKind.FullBlocking).PauseDurations[0]);
            }

            return pauses.Skip(3).Order().ElementAt(rounds / 2);
        }
    }

    private static string Row(string of, string store, double index, double slots, double all) =>
        string.Create(CultureInfo.InvariantCulture, $"| {store} | {of} | {index:F1} | {slots:F1} | {all:F1} |");

    private static ICacheStore Make(string name, long capacityBytes) => name switch
    {
        "dictionary" => new DictionaryStore(),
        "memorycache" => new MemoryCacheStore(capacityBytes, TimeProvider.System),
        _ => new SlabStore(new SlabStoreOptions { CapacityBytes = capacityBytes }, TimeProvider.System),
    };

    private void MeasureHash()
    {
        var keys = Enumerable.Range(0, 16).Select(i => StoreWorkload.Key(i).Bytes.ToArray()).ToArray();
        var nanoseconds = Median(() =>
        {
            ulong sum = 0;
            for (var i = 0; i < Operations; i++)
            {
                sum += KeyHash.Compute(keys[i % keys.Length]).Low;
            }

            return sum;
        });
        report(string.Create(CultureInfo.InvariantCulture, $"hash of {StoreWorkload.KeyBytes} B: {nanoseconds} ns"));
    }

    private void MeasureLookups()
    {
        report("| lookup, ns | one thread | allocated, B | two threads, each | two threads' rate over one's |");
        report("|---|---|---|---|---|");
        foreach (var name in (string[])["slabs", "dictionary", "memorycache"])
        {
            var store = Make(name, 256 << 20);
            var keys = StoreWorkload.Keys(NearEntries);
            foreach (var key in keys)
            {
                store.Set(key, StoreWorkload.Entry(100));
            }

            var order = Enumerable.Range(0, Operations).Select(i => keys[(int)((uint)i * 2654435761 % NearEntries)]).ToArray();
            var allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
            Look();
            var allocated = (GC.GetAllocatedBytesForCurrentThread() - allocatedBefore) / (double)Operations;
            var one = Median(Look);
            var two = MedianOfTwo(_ => Look());
            report(string.Create(CultureInfo.InvariantCulture, $"| {name} | {one} | {allocated:F1} | {two} | {one.Scaling(two)} |"));
            (store as IDisposable)?.Dispose();

            ulong Look()
            {
                ulong sum = 0;
                foreach (var key in order)
                {
                    using var hit = store.Get(key, StoreWorkload.Now);
                    sum += (ulong)hit.FirstFrames.Length;
                }

                return sum;
            }
        }
    }

    private void MeasureInsertions()
    {
        // More keys than fit, in a circle: each is gone when it comes again, so each insertion evicts.
        const int Keys = 400_000;
        var keys = StoreWorkload.Keys(Keys);
        var entry = StoreWorkload.Entry(16);
        report("| insertion with eviction, 16 B | ns | stored | allocated, B |");
        report("|---|---|---|---|");
        foreach (var name in (string[])["slabs", "memorycache"])
        {
            var store = Make(name, 32 << 20);
            var (at, stored) = (0, 0L);
            for (var i = 0; i < 2 * Keys; i++)
            {
                store.Set(keys[at = (at + 1) % Keys], entry);
            }

            var allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
            var nanoseconds = Median(() =>
            {
                for (var i = 0; i < Operations; i++)
                {
                    stored += store.Set(keys[at = (at + 1) % Keys], entry) == StoreOutcome.Stored ? 1 : 0;
                }

                return 0;
            });
            var operations = (double)Operations * (rounds + 1);
            report(string.Create(CultureInfo.InvariantCulture, $"| {name} | {nanoseconds} | {stored / operations:P0} | {(GC.GetAllocatedBytesForCurrentThread() - allocatedBefore) / operations:F0} |"));
            (store as IDisposable)?.Dispose();
        }
    }

    private void MeasureMixes()
    {
        // A hundred thousand keys of 1 KiB in room for about half of them, but for the dictionary, which has no bound.
        const int Keys = 100_000;
        var keys = StoreWorkload.Keys(Keys);
        var entry = StoreWorkload.Entry(1024);
        int[][] orders = [StoreWorkload.Zipf(Keys, Operations, 2), StoreWorkload.Zipf(Keys, Operations, 3)];
        report("| reads/writes, Zipf, 1 KiB, million operations a second | mix | one thread | two threads |");
        report("|---|---|---|---|");
        foreach (var mix in Mixes)
        {
            var writes = int.Parse(mix.Split('/')[1], CultureInfo.InvariantCulture);
            foreach (var name in (string[])["slabs", "dictionary", "memorycache"])
            {
                var store = Make(name, 64 << 20);
                foreach (var key in keys)
                {
                    store.Set(key, entry);
                }

                var one = Median(() => Run(0));
                var two = MedianOfTwo(Run);
                report(string.Create(CultureInfo.InvariantCulture, $"| {name} | {mix} | {one.Rate(1)} | {two.Rate(2)} |"));
                (store as IDisposable)?.Dispose();

                ulong Run(int thread)
                {
                    var buffer = new byte[1024];
                    ulong hits = 0;
                    var order = orders[thread];
                    for (var i = 0; i < order.Length; i++)
                    {
                        var key = keys[order[i]];
                        if (i % 100 < writes)
                        {
                            store.Set(key, entry);
                            continue;
                        }

                        using var hit = store.Get(key, StoreWorkload.Now);
                        if (hit.IsHit)
                        {
                            hit.FirstFrames.CopyTo(buffer);
                            hits++;
                        }
                    }

                    return hits;
                }
            }
        }
    }

    /// <summary>Nanoseconds an operation, median of the rounds, after one that does not count.</summary>
    private Timing Median(Func<ulong> run) => MedianOf(() => Time(run));

    /// <summary>The same for two threads at once: the slower one's.</summary>
    private Timing MedianOfTwo(Func<int, ulong> run) => MedianOf(() =>
    {
        using var barrier = new Barrier(2);
        var times = new Timing[2];
        var threads = Enumerable.Range(0, 2).Select(thread => new Thread(() =>
        {
            barrier.SignalAndWait();
            times[thread] = Time(() => run(thread));
        })).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        return new Timing(times.Max(time => time.Wall), times.Max(time => time.Processor));
    });

    private static Timing Time(Func<ulong> run)
    {
        var (start, processor) = (Stopwatch.GetTimestamp(), ThreadClock.Nanoseconds());
        GC.KeepAlive(run());
        return new Timing(Stopwatch.GetElapsedTime(start).TotalNanoseconds / Operations, (ThreadClock.Nanoseconds() - processor) / Operations);
    }

    private Timing MedianOf(Func<Timing> measure)
    {
        measure();
        var times = Enumerable.Range(0, rounds).Select(_ => measure()).ToList();
        return new Timing(times.Select(time => time.Wall).Order().ElementAt(rounds / 2), times.Select(time => time.Processor).Order().ElementAt(rounds / 2));
    }

    /// <summary>Nanoseconds an operation.</summary>
    /// <param name="Wall">By the clock.</param>
    /// <param name="Processor">Of the thread's processor time.</param>
    private readonly record struct Timing(double Wall, double Processor)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Wall:F1} ({Processor:F1})");

        /// <summary>Million operations a second of so many threads.</summary>
        public string Rate(int threads) => string.Create(CultureInfo.InvariantCulture, $"{1000 * threads / Wall:F2} ({1000 * threads / Processor:F2})");

        /// <summary>How many times the rate of one thread two have.</summary>
        public string Scaling(Timing two) => string.Create(CultureInfo.InvariantCulture, $"{2 * Wall / two.Wall:F2} ({2 * Processor / two.Processor:F2})");
    }
}

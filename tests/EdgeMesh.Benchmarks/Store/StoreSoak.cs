using System.Diagnostics;
using System.Globalization;
using EdgeMesh.Caching;

namespace EdgeMesh.Benchmarks.Store;

/// <summary>Hits, insertions, purges, resizes and slow readers at once, for minutes; every byte that is read is checked.</summary>
/// <remarks>
/// The bytes of an entry follow from its number, so a reader of memory that was freed, moved or given to another entry sees it. The store's own
/// checker compares index, wheels, tags, policy, slabs and budget several times on the way, and at the end.
/// </remarks>
internal sealed class StoreSoak(TimeSpan duration, long budgetBytes, int insertionsPerSecond, bool poisons, bool resizes, Action<string> report)
{
    private const int Tags = 2000;
    private const int Readers = 2;
    private static readonly byte[] Pattern = MakePattern();

    private readonly CancellationTokenSource _end = new();
    private readonly List<Exception> _failures = [];
    private long _inserted;
    private long _read;
    private long _heldReads;

    /// <summary>Runs it.</summary>
    /// <returns>Whether nothing was wrong: no byte, no disagreement, no more than 0.1 % over the budget, at most 1.10 times the budget in the process.</returns>
    public bool Run()
    {
        // 1. Idle: everything made that is not the store's.
        GC.Collect();
        var idle = ProcessMemory.ResidentBytes();
        using var store = new SlabStore(new SlabStoreOptions { CapacityBytes = budgetBytes, PoisonsFreedMemory = poisons }, TimeProvider.System);
        var threads = new List<Thread> { Start(() => Insert(store)), Start(() => Disturb(store)) };
        threads.AddRange(Enumerable.Range(0, Readers).Select(i => Start(() => Read(store, i))));

        // 2. A look every ten seconds.
        var watch = Stopwatch.StartNew();
        var (peakResident, peakHeld, checks) = (0L, 0L, 0);
        var nextReport = TimeSpan.Zero;
        while (watch.Elapsed < duration && _failures.Count == 0)
        {
            Thread.Sleep(100);
            peakResident = Math.Max(peakResident, ProcessMemory.ResidentBytes() - idle);
            peakHeld = Math.Max(peakHeld, store.ChargedBytes);
            if (watch.Elapsed < nextReport)
            {
                continue;
            }

            nextReport += duration / 10;
            Try(store.CheckInvariants);
            checks++;
            var now = store.GetStatistics();
            report(string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalSeconds,5:F0} s: {now.Entries,9:N0} entries, held {now.ChargedBytes >> 20} MiB, process {(ProcessMemory.ResidentBytes() - idle) >> 20} MiB, inserted {_inserted:N0}, hits {now.Hits:N0}, misses {now.Misses:N0}, evictions {now.Evictions:N0}, expired {now.Expirations:N0}, purged {now.Purged:N0}, waiting {now.WaitingBytes >> 10} KiB, held by readers {now.OrphanBytes >> 10} KiB, no room {now.CountOf(StoreOutcome.NoRoom):N0}"));
        }

        // 3. The end: all agree, and all comes back.
        _end.Cancel();
        threads.ForEach(thread => thread.Join());
        Try(store.CheckInvariants);
        var last = store.GetStatistics();
        store.PurgeAll();
        var returned = Stopwatch.StartNew();
        while (store.Count > 0 && returned.Elapsed < TimeSpan.FromSeconds(30))
        {
            Thread.Yield();
        }

        Try(store.CheckInvariants);
        var rate = _inserted / watch.Elapsed.TotalSeconds;
        var (over, ratio) = ((double)last.PeakOvershootBytes / budgetBytes, (double)peakResident / budgetBytes);
        report(string.Create(CultureInfo.InvariantCulture, $"{rate:N0} insertions/s, {_read:N0} hits read and checked, {_heldReads:N0} of them held; budget {budgetBytes >> 20} MiB, at most held {peakHeld >> 20} MiB{(resizes ? " (the budget was changed on the way)" : $", overshoot {over:P3}")}; process at most {peakResident >> 20} MiB above idle: {ratio:F3} times the budget; all purged and removed in {returned.Elapsed.TotalMilliseconds:F0} ms; {checks + 2} checks"));
        foreach (var failure in _failures)
        {
            report(failure.ToString());
        }

        return _failures.Count == 0 && (resizes || over <= 0.001) && ratio <= 1.10 + (64.0 * 1024 * 1024 / budgetBytes);
    }

    private static byte[] MakePattern()
    {
        var pattern = new byte[(2 << 20) + 65536];
        new Random(1).NextBytes(pattern);
        return pattern;
    }

    /// <summary>Most answers are small, some are large: median about 1 KiB, 1 in 2,000 beyond 64 KiB, up to 2 MiB.</summary>
    private static int SizeOf(int number)
    {
        var random = (uint)number * 2654435761;
        return (random % 2000) switch
        {
            0 => 65_536 + (int)(random % 2_000_000),
            < 60 => (int)(random >> 8) % 40_000,
            _ => (int)(random >> 8) % 2_000,
        };
    }

    private static int OffsetOf(int number) => (int)((uint)number * 40503 % 65536);

    private Thread Start(Action work)
    {
        var thread = new Thread(() => Try(work)) { IsBackground = true };
        thread.Start();
        return thread;
    }

    private void Try(Action work)
    {
        try
        {
            work();
        }
        catch (Exception exception)
        {
            lock (_failures)
            {
                _failures.Add(exception);
            }
        }
    }

    private void Insert(SlabStore store)
    {
        var watch = Stopwatch.StartNew();
        var random = new Random(7);
        while (!_end.IsCancellationRequested)
        {
            // Behind the clock: as many as it takes; ahead of it: a rest.
            if (_inserted >= watch.Elapsed.TotalSeconds * insertionsPerSecond)
            {
                Thread.Sleep(1);
                continue;
            }

            var number = NextNumber(random);
            var bytes = SizeOf(number);
            var now = Stopwatch.GetTimestamp();
            var entry = CacheEntry.Response([new("content-type", "application/grpc")], Pattern.AsSpan(OffsetOf(number), bytes).ToArray(), [new("grpc-status", "0")], MessageCoding.Identity, isPublic: true, TimeSpan.Zero, now, now + ((1 + random.Next(600)) * Stopwatch.Frequency), now + (random.Next(900) * Stopwatch.Frequency), store.Sequence, number % 3 == 0 ? [$"tag-{number % Tags}"] : []);
            store.Set(StoreWorkload.Key(number), entry);
            _inserted++;
        }
    }

    // Twice as many keys as fit, the low ones far more often.
    private int NextNumber(Random random) => (int)(Math.Pow(random.NextDouble(), 2) * (budgetBytes / 1000));

    private void Read(SlabStore store, int seed)
    {
        var random = new Random(seed);
        var held = new Queue<(HeldEntry Held, int Number)>();
        while (!_end.IsCancellationRequested)
        {
            var number = NextNumber(random);
            using (var hit = store.Get(StoreWorkload.Key(number), Stopwatch.GetTimestamp()))
            {
                if (!hit.IsHit)
                {
                    continue;
                }

                if (!hit.IsLarge)
                {
                    Check(hit.FirstFrames, number, 0, isWhole: true);
                }
                else if (hit.Hold() is { } taken)
                {
                    held.Enqueue((taken, number));
                    Interlocked.Increment(ref _heldReads);
                }
            }

            Interlocked.Increment(ref _read);

            // Slow readers: some tens are held while the store goes on.
            if (held.Count > 32)
            {
                var (oldest, of) = held.Dequeue();
                CheckHeld(oldest, of);
            }
        }

        while (held.TryDequeue(out var rest))
        {
            CheckHeld(rest.Held, rest.Number);
        }
    }

    private static void CheckHeld(HeldEntry held, int number)
    {
        var offset = 0;
        foreach (var part in held.Frames)
        {
            Check(part.Span, number, offset, isWhole: false);
            offset += part.Length;
        }

        held.Dispose();
        if (offset != SizeOf(number))
        {
            throw new InvalidOperationException($"entry {number} has {offset} bytes, should have {SizeOf(number)}");
        }
    }

    private static void Check(ReadOnlySpan<byte> bytes, int number, int offset, bool isWhole)
    {
        if (!bytes.SequenceEqual(Pattern.AsSpan(OffsetOf(number) + offset, bytes.Length)) || (isWhole && bytes.Length != SizeOf(number)))
        {
            throw new InvalidOperationException($"entry {number} has other bytes than were stored");
        }
    }

    private void Disturb(SlabStore store)
    {
        var random = new Random(99);
        while (!_end.Token.WaitHandle.WaitOne(20))
        {
            store.PurgeTag($"tag-{random.Next(Tags)}");
            store.Remove(StoreWorkload.Key(NextNumber(random)));
            if (resizes && random.Next(50) == 0)
            {
                store.CapacityBytes = (long)(budgetBytes * (0.5 + (random.NextDouble() / 2)));
            }

            if (random.Next(100) == 0)
            {
                _ = store.Enumerate().Take(10_000).Count();
            }
        }
    }
}

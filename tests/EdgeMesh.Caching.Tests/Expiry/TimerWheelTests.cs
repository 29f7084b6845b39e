using EdgeMesh.Caching.Expiry;
using EdgeMesh.Caching.Memory;
using FsCheck;
using FsCheck.Fluent;

namespace EdgeMesh.Caching.Tests.Expiry;

public sealed class TimerWheelTests
{
    [Fact]
    public void TakeDue_AnyDeadlines_EachComesInItsTickAndNotBefore()
    {
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            using var entries = new NativeTable<EntryRecord>(new MemoryLedger(long.MaxValue));
            var deadlines = new Dictionary<uint, long>();
            var wheel = new TimerWheel(entries, slot => deadlines[slot]);
            var now = 0L;
            for (var i = 0; i < 300; i++)
            {
                // 1. Some join: soon, or beyond the last level.
                for (var j = random.Next(5); j > 0; j--)
                {
                    var slot = entries.Take();
                    deadlines[slot] = now + random.NextInt64(1L << random.Next(1, 26));
                    wheel.Add(slot, deadlines[slot]);
                }

                // 2. Some leave.
                if (random.Next(4) == 0 && deadlines.Count > 0)
                {
                    var slot = deadlines.Keys.ElementAt(random.Next(deadlines.Count));
                    wheel.Remove(slot);
                    deadlines.Remove(slot);
                    entries.Return(slot);
                }

                // 3. Time goes on, and few steps are made at a time.
                now += random.NextInt64(1L << random.Next(1, 18));
                for (var steps = 0; steps <= 0;)
                {
                    steps = random.Next(1, 100);
                    while (wheel.TakeDue(now, ref steps) is not 0 and var due)
                    {
                        Assert.True(deadlines.Remove(due, out var deadline) && deadline <= now, $"due at {now}");
                        entries.Return(due);
                    }
                }

                Assert.DoesNotContain(deadlines.Values, deadline => deadline <= now);
                var seen = 0;
                wheel.CheckInvariants(_ => seen++);
                Assert.Equal(deadlines.Count, seen);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(10));
    }

    [Fact]
    public void PeekEarliest_SeveralLevels_IsOfTheNearestBucket()
    {
        using var entries = new NativeTable<EntryRecord>(new MemoryLedger(long.MaxValue));
        var deadlines = new Dictionary<uint, long>();
        var wheel = new TimerWheel(entries, slot => deadlines[slot]);
        Assert.Equal(0u, wheel.PeekEarliest());
        foreach (var deadline in (long[])[5000, 70, 10, 300])
        {
            var slot = entries.Take();
            deadlines[slot] = deadline;
            wheel.Add(slot, deadline);
        }

        var order = new List<long>();
        while (wheel.PeekEarliest() is not 0 and var slot)
        {
            order.Add(deadlines[slot]);
            wheel.Remove(slot);
        }

        Assert.Equal([10, 70, 300, 5000], order);
    }
}

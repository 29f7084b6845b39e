using EdgeMesh.Caching.Index;
using EdgeMesh.Caching.Memory;
using FsCheck;
using FsCheck.Fluent;

namespace EdgeMesh.Caching.Tests.Index;

public sealed class ExtendibleIndexTests
{
    [Fact]
    public void AddFindRemove_AnySequence_BehavesAsASet()
    {
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var (ledger, limbo) = (new MemoryLedger(long.MaxValue), new Limbo());
            using var index = new ExtendibleIndex(ledger, limbo);
            var model = new Dictionary<uint, uint>();

            // Grows past several splits, then shrinks past several merges.
            for (var i = 1u; i < 6000; i++)
            {
                var fingerprint = (uint)random.NextInt64(1L << 32);
                if (model.TryAdd(fingerprint, i))
                {
                    Assert.True(index.TryAdd(fingerprint, i));
                }

                if (random.Next(3) == 0 && model.Count > 0)
                {
                    Remove(index, model, random);
                }
            }

            Check(index, model);
            Assert.True(index.Bytes > 4 * ExtendibleIndex.SegmentBytes);
            while (model.Count > 3)
            {
                Remove(index, model, random);
            }

            Check(index, model);
            Assert.True(index.Bytes < 4 * ExtendibleIndex.SegmentBytes, $"{index.Bytes} bytes for 3 references");
            while (limbo.TryTakeLast(out var retired))
            {
                index.FreeSegment(retired.What);
            }

            Assert.Equal(index.Bytes, ledger.HeldBytes);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(10));
    }

    [Fact]
    public void TryAdd_OneFingerprintTooOften_IsRefusedWithoutHarm()
    {
        var limbo = new Limbo();
        using var index = new ExtendibleIndex(new MemoryLedger(long.MaxValue), limbo);
        var added = 0u;
        while (index.TryAdd(77, added + 1))
        {
            Assert.True(++added < 1000);
        }

        Assert.Equal(32u, added);
        index.CheckInvariants((_, _) => { });
        while (limbo.TryTakeLast(out var retired))
        {
            index.FreeSegment(retired.What);
        }
    }

    private static void Remove(ExtendibleIndex index, Dictionary<uint, uint> model, Random random)
    {
        var (fingerprint, reference) = model.ElementAt(random.Next(Math.Min(model.Count, 50)));
        model.Remove(fingerprint);
        index.Remove(fingerprint, reference);
        Assert.Equal(0u, Find(index, fingerprint, reference));
    }

    private static void Check(ExtendibleIndex index, Dictionary<uint, uint> model)
    {
        var seen = 0;
        index.CheckInvariants((fingerprint, reference) =>
        {
            Assert.Equal(model[fingerprint], reference);
            seen++;
        });
        Assert.Equal(model.Count, seen);
        Assert.All(model, pair => Assert.Equal(pair.Value, Find(index, pair.Key, pair.Value)));
    }

    private static uint Find(ExtendibleIndex index, uint fingerprint, uint reference)
    {
        var match = new Is(reference);
        return index.Find(fingerprint, ref match);
    }

    private readonly struct Is(uint wanted) : IReferenceMatch
    {
        public bool IsMatch(uint reference) => reference == wanted;
    }
}

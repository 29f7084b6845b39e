using EdgeMesh.Relay.Telemetry;
using FsCheck.Fluent;

namespace EdgeMesh.Relay.Tests.Telemetry;

public class LatencyHistogramTests
{
    [Fact]
    public void BucketOf_GrowingTimes_NeverFallsAndTouchesEveryBucket()
    {
        var previous = -1;
        for (var bucket = 0; bucket < LatencyHistogram.BucketCount; bucket++)
        {
            var ticks = LatencyHistogram.MiddleOf(bucket).Ticks;
            Assert.Equal(bucket, LatencyHistogram.BucketOf(ticks));
            Assert.Equal(previous + 1, bucket);
            previous = bucket;
        }
    }

    [Fact]
    public void MiddleOf_AnyTime_IsWithinTheStatedError() =>
        FsCheck.Check.QuickThrowOnFailure(Prop.ForAll(
            Gen.Choose(0, 35).SelectMany(exponent => Gen.Choose(0, int.MaxValue).Select(low => (1L << exponent) + (low & ((1L << exponent) - 1)))).ToArbitrary(),
            ticks => Math.Abs(LatencyHistogram.MiddleOf(LatencyHistogram.BucketOf(ticks)).Ticks - ticks) <= ticks / 32.0));

    [Theory]
    [InlineData(-5)]
    [InlineData(long.MinValue)]
    public void BucketOf_BelowZero_IsTheFirst(long ticks) => Assert.Equal(0, LatencyHistogram.BucketOf(ticks));

    [Fact]
    public void BucketOf_BeyondTheLongest_IsTheLast() => Assert.Equal(LatencyHistogram.BucketCount - 1, LatencyHistogram.BucketOf(long.MaxValue));

    [Fact]
    public void Record_ManyThreads_LosesNone()
    {
        var histogram = new LatencyHistogram();
        Parallel.For(0, 8, thread =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                histogram.Record(TimeSpan.FromMicroseconds(i * (thread + 1)));
            }
        });

        var counts = new long[LatencyHistogram.BucketCount];
        histogram.AddTo(counts);
        Assert.Equal((160_000, 160_000), (histogram.Count, counts.Sum()));
    }

    [Fact]
    public void Record_Anything_AllocatesNothing()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(TimeSpan.Zero);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            histogram.Record(TimeSpan.FromMicroseconds(i));
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}

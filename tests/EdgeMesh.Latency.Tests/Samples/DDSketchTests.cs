using EdgeMesh.Latency.Samples;
using FsCheck;
using FsCheck.Fluent;

namespace EdgeMesh.Latency.Tests.Samples;

public sealed class DDSketchTests
{
    [Fact]
    public void Quantile_AnyValues_IsWithinOnePercentOfTheTrueOne()
    {
        var values = Gen.Choose(1, 60_000_000).NonEmptyListOf();
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(values.ToArbitrary(), microseconds =>
        {
            var sketch = new DDSketch();
            foreach (var value in microseconds)
            {
                sketch.Add(TimeSpan.FromMicroseconds(value));
            }

            var sorted = microseconds.Order().ToArray();
            foreach (var quantile in new[] { 0, 0.1, 0.5, 0.9, 0.99, 1 })
            {
                var truth = sorted[(int)(quantile * (sorted.Length - 1))];
                var found = sketch.Quantile(quantile)!.Value.TotalMicroseconds;

                // A tenth of a microsecond is what a TimeSpan cannot show.
                Assert.InRange(found, (truth * (1 - DDSketch.RelativeError)) - 0.1, (truth * (1 + DDSketch.RelativeError)) + 0.1);
            }
        }));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(long.MinValue)]
    public void Add_NothingOrLess_CountsAsTheLowest(long ticks)
    {
        var sketch = new DDSketch();
        sketch.Add(TimeSpan.FromTicks(ticks));

        Assert.Equal(DDSketch.Lowest, sketch.Quantile(1));
    }

    [Fact]
    public void Add_BeyondTheHighest_CountsThere()
    {
        var sketch = new DDSketch();
        sketch.Add(TimeSpan.MaxValue);

        Assert.InRange(sketch.Quantile(1)!.Value / DDSketch.Highest, 0.99, 1.01);
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void Quantile_OutsideItsRange_Throws(double quantile) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new DDSketch().Quantile(quantile));

    [Fact]
    public void Merge_TwoSketches_IsTheSketchOfAll()
    {
        DDSketch a = new(), b = new(), all = new();
        for (var i = 1; i <= 1000; i++)
        {
            (i % 3 == 0 ? a : b).Add(TimeSpan.FromMilliseconds(i));
            all.Add(TimeSpan.FromMilliseconds(i));
        }

        a.Merge(b);

        Assert.Equal(all.Count, a.Count);
        Assert.Equal(all.Buckets(), a.Buckets());
    }

    [Fact]
    public void AddCorrected_AStall_FillsInWhatWasNotAsked()
    {
        // 99 answers of 1 ms, one a second; then nothing for 100 s. Half of the time was spent in the stall.
        DDSketch raw = new(), corrected = new();
        for (var i = 0; i < 99; i++)
        {
            raw.Add(TimeSpan.FromMilliseconds(1));
            corrected.AddCorrected(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1));
        }

        raw.Add(TimeSpan.FromSeconds(50));
        corrected.AddCorrected(TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(1));

        Assert.Equal(1, raw.Quantile(0.98)!.Value.TotalMilliseconds, 0.02);
        Assert.Equal(149, corrected.Count);
        Assert.InRange(corrected.Quantile(0.98)!.Value.TotalSeconds, 46, 49);
    }

    [Fact]
    public void AddCorrected_ANeverEndingStallOfATinyInterval_EndsSoon()
    {
        var sketch = new DDSketch();
        sketch.AddCorrected(TimeSpan.MaxValue, TimeSpan.FromTicks(1));

        Assert.InRange(sketch.Count, 1, 10_001);
    }
}

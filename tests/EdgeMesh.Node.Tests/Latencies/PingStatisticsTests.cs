using EdgeMesh.Latency.Samples;
using EdgeMesh.Node.Latencies;

namespace EdgeMesh.Node.Tests.Latencies;

public sealed class PingStatisticsTests
{
    [Fact]
    public void ToJson_KnownRoundTrips_HasTheirStatistics()
    {
        var statistics = new PingStatistics();
        for (var i = 1; i <= 100; i++)
        {
            statistics.Add(TimeSpan.FromMilliseconds(i));
        }

        statistics.Add(null);
        var json = statistics.ToJson("LHR50-1", "eu-west-2", "http://127.0.0.1:6401", reported: false);

        Assert.Equal((101L, 100L, 0.0099), (json.Sent, json.Answered, json.Loss));
        Assert.Equal((1.0, 50.5, 100.0), (json.MinMs, json.MeanMs, json.MaxMs));
        Assert.Equal(28.866, json.DeviationMs!.Value, 0.001);
        Assert.Equal([50, 75, 90, 95, 99, 100], json.Percentiles.Select(row => row.Percentile));
        Assert.All(json.Percentiles, row => Assert.InRange(row.Ms, row.Percentile * 0.985, row.Percentile * 1.015));
        Assert.Equal([50, 75, 90, 95, 99, 100], json.Percentiles.Select(row => (int)row.Count));
    }

    [Fact]
    public void ToJson_NothingAnswered_HasNoTimes()
    {
        var statistics = new PingStatistics();
        statistics.Add(null);

        var json = statistics.ToJson("", "", "", reported: false);

        Assert.Equal((1.0, null, null), (json.Loss, json.MinMs, json.MeanMs));
        Assert.Empty(json.Percentiles);
        Assert.Empty(PingText.Histogram(statistics.RoundTrips));
    }

    [Fact]
    public void Histogram_OfOneLength_IsOneFullBar()
    {
        var sketch = new DDSketch();
        sketch.Add(TimeSpan.FromMilliseconds(5), 7);

        var row = Assert.Single(PingText.Histogram(sketch));

        Assert.Contains($"{new string('█', 40)} 7", row, StringComparison.Ordinal);
    }

    [Fact]
    public void Histogram_OfManyLengths_FitsAScreenAndCountsAll()
    {
        var sketch = new DDSketch();
        for (var i = 1; i <= 5_000; i++)
        {
            sketch.Add(TimeSpan.FromMicroseconds(100 * i));
        }

        var rows = PingText.Histogram(sketch).ToArray();

        Assert.InRange(rows.Length, 8, 17);
        Assert.Equal(5_000, rows.Sum(row => int.Parse(row.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture)));
    }
}

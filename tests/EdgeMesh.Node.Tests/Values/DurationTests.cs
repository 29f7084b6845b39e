using EdgeMesh.Node.Values;
using FsCheck;
using FsCheck.Fluent;

namespace EdgeMesh.Node.Tests.Values;

public sealed class DurationTests
{
    [Theory]
    [InlineData("250ms", 250)]
    [InlineData("10s", 10_000)]
    [InlineData("10", 10_000)]
    [InlineData("1.5m", 90_000)]
    [InlineData("2h", 7_200_000)]
    [InlineData("168h", 604_800_000)]
    public void TryRead_Time_Milliseconds(string text, double milliseconds)
    {
        Assert.True(Duration.TryRead(text, out var value, out _));
        Assert.Equal(milliseconds, value.Time.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("0s")]
    [InlineData("-1s")]
    [InlineData("10 s")]
    [InlineData("1d")]
    [InlineData("169h")]
    [InlineData("1e3s")]
    [InlineData("99999999999999999999999999999999h")]
    [InlineData("0.00000001ms")]
    public void TryRead_NoTime_Refused(string text)
    {
        Assert.False(Duration.TryRead(text, out _, out var error));
        Assert.Contains("want a time", error);
    }

    [Fact]
    public void ToString_AnyTime_ReadsBackTheSame() =>
        Prop.ForAll(
            Gen.Choose(1, int.MaxValue).Select(ticks => new Duration(new TimeSpan(ticks * 1L))).ToArbitrary(),
            time => Duration.TryRead(time.ToString(), out var again, out _) && again == time)
            .QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(30_000, "30s")]
    [InlineData(60_000, "1m")]
    [InlineData(90_000, "90s")]
    [InlineData(1, "1ms")]
    [InlineData(0.5, "0.5ms")]
    public void ToString_Time_LargestWholeUnit(double milliseconds, string text) =>
        Assert.Equal(text, new Duration(TimeSpan.FromMilliseconds(milliseconds)).ToString());
}

using EdgeMesh.Wire;
using FsCheck;
using FsCheck.Fluent;

namespace EdgeMesh.Wire.Tests;

public sealed class GrpcTimeoutTests
{
    public static TheoryData<string, long> Units => new()
    {
        { "1H", TimeSpan.TicksPerHour },
        { "1M", TimeSpan.TicksPerMinute },
        { "1S", TimeSpan.TicksPerSecond },
        { "1m", TimeSpan.TicksPerMillisecond },
        { "1u", TimeSpan.TicksPerMicrosecond },
        { "100n", 1 },
        { "1n", 1 },
        { "101n", 2 },
        { "0n", 0 },
        { "0H", 0 },
        { "00000001S", TimeSpan.TicksPerSecond },
        { "99999999S", 99_999_999 * TimeSpan.TicksPerSecond },
        { "99999999H", 99_999_999 * TimeSpan.TicksPerHour },
    };

    [Theory]
    [MemberData(nameof(Units))]
    public void TryParse_EveryUnit_IsItsLength(string value, long ticks)
    {
        Assert.True(GrpcTimeout.TryParse(value, out var timeout));
        Assert.Equal(ticks, timeout.Ticks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("S")]
    [InlineData("123456789S")]
    [InlineData("-1S")]
    [InlineData("+1S")]
    [InlineData("1.5S")]
    [InlineData("1 S")]
    [InlineData(" 1S")]
    [InlineData("1S ")]
    [InlineData("1h")]
    [InlineData("1s")]
    [InlineData("1U")]
    [InlineData("1N")]
    [InlineData("1SS")]
    [InlineData("\u0661S")]
    [InlineData("1\u00b5")]
    public void TryParse_OutsideTheGrammar_IsFalse(string value) => Assert.False(GrpcTimeout.TryParse(value, out _));

    [Theory]
    [InlineData(0, "0n")]
    [InlineData(-5, "0n")]
    [InlineData(1, "100n")]
    [InlineData(999_999, "99999900n")]
    [InlineData(1_000_000, "100000u")]
    [InlineData(10_000_000, "1000000u")]
    [InlineData(999_999_990, "99999999u")]
    [InlineData(999_999_991, "100000m")]
    [InlineData(long.MaxValue, "99999999H")]
    public void Format_ByLength_IsTheFinestUnitThatFits(long ticks, string expected) => Assert.Equal(expected, GrpcTimeout.Format(new TimeSpan(ticks)));

    [Fact]
    public void FormatThenParse_AnyTimeout_NeverShortensAndKeepsFiveDigits() => Check.QuickThrowOnFailure(Prop.ForAll(Timeouts(), timeout =>
    {
        var text = GrpcTimeout.Format(timeout);
        var isParsed = GrpcTimeout.TryParse(text, out var back);
        var excess = (back - timeout).Ticks;
        return isParsed && text.Length is >= 2 and <= 9 && excess >= 0 && excess <= timeout.Ticks / 99_999.0;
    }));

    [Fact]
    public void ParseThenFormat_EveryUnit_KeepsTheLength() => Check.QuickThrowOnFailure(Prop.ForAll(
        Gen.Choose(0, 99_999_999).SelectMany(amount => Gen.Elements("HMSmu".ToCharArray()).Select(unit => $"{amount}{unit}")).ToArbitrary(),
        text => GrpcTimeout.TryParse(text, out var timeout) && GrpcTimeout.TryParse(GrpcTimeout.Format(timeout), out var back) && back == timeout));

    [Fact]
    public void TryParse_AnyText_NeverThrows() => Check.QuickThrowOnFailure(Prop.ForAll<string>(text =>
    {
        var isParsed = GrpcTimeout.TryParse(text, out var timeout);
        return timeout >= TimeSpan.Zero && timeout <= GrpcTimeout.MaxValue && (isParsed || timeout == TimeSpan.Zero);
    }));

    /// <summary>Timeouts of every order of magnitude up to the longest.</summary>
    private static Arbitrary<TimeSpan> Timeouts() =>
        Gen.Choose(0, 61).SelectMany(bits => Gen.Choose(0, int.MaxValue).Select(x => new TimeSpan(Math.Min((1L << bits) | ((long)x * x % (1L << bits)), GrpcTimeout.MaxValue.Ticks)))).ToArbitrary();
}

using EdgeMesh.Relay.Cache;

namespace EdgeMesh.Relay.Tests;

public sealed class SecondsTextTests
{
    [Fact]
    public void Format_TimesThatShareASlot_EachSayTheirOwn()
    {
        var text = new SecondsText("ttl=");
        foreach (var seconds in new[] { 0, 1, 1024, 1, 1025, 2049, 86_400, 0, -1023 })
        {
            Assert.Equal($"ttl={seconds}", text.Format(TimeSpan.FromSeconds(seconds)));
        }
    }

    [Theory]
    [InlineData(59.99, "59")]
    [InlineData(0.5, "0")]
    [InlineData(-0.01, "-1")]
    [InlineData(-1, "-1")]
    [InlineData(-1.5, "-2")]
    public void Format_PartOfASecond_IsRoundedDown(double seconds, string expected) => Assert.Equal(expected, new SecondsText("").Format(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void Format_Again_IsTheSameText()
    {
        var text = new SecondsText("ttl=");
        Assert.Same(text.Format(TimeSpan.FromSeconds(7)), text.Format(TimeSpan.FromSeconds(7)));
    }
}

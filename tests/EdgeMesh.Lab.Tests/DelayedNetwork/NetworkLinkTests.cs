using EdgeMesh.Lab.DelayedNetwork;

namespace EdgeMesh.Lab.Tests.DelayedNetwork;

public sealed class NetworkLinkTests
{
    private static readonly TimeSpan RoundTrip = TimeSpan.FromMilliseconds(80);

    [Fact]
    public void Draw_NothingIsLost_IsHalfTheRoundTrip() => Assert.Equal(RoundTrip / 2, new NetworkLink(RoundTrip, 0).Draw(100_000, new Random(1)));

    [Theory]
    [InlineData(100, 0.02, 0.02)]
    [InlineData(10 * NetworkLink.SegmentBytes, 0.02, 0.183)]
    public void Draw_SegmentsAreLost_TheyComeAgainOneTimeoutLater(int bytes, double loss, double expectedShare)
    {
        var link = new NetworkLink(RoundTrip, loss);
        var random = new Random(1);
        var delays = Enumerable.Range(0, 20_000).Select(_ => link.Draw(bytes, random)).ToList();

        Assert.InRange(delays.Count(delay => delay > RoundTrip / 2) / 20_000.0, expectedShare * 0.85, expectedShare * 1.15);
        Assert.Equal((RoundTrip / 2) + TimeSpan.FromMilliseconds(200) + RoundTrip, delays.Where(delay => delay > RoundTrip / 2).Min());
    }
}

using EdgeMesh.Latency.Positions;

namespace EdgeMesh.Latency.Tests.Positions;

public sealed class GeoPositionTests
{
    [Fact]
    public void DistanceKilometresTo_LondonToNewYork_IsWhatTheMapSays()
    {
        var london = LocationCodes.Find("LHR")!.Position;
        var newYork = LocationCodes.Find("JFK")!.Position;

        Assert.InRange(london.DistanceKilometresTo(newYork), 5530, 5570);
        Assert.Equal(0, london.DistanceKilometresTo(london));
        Assert.InRange(new GeoPosition(0, 0).DistanceKilometresTo(new GeoPosition(0, 180)), 20_010, 20_020);
    }

    [Theory]
    [InlineData("51.47,-0.45", 51.47, -0.45)]
    [InlineData(" 51.47 , -0.45 ", 51.47, -0.45)]
    [InlineData("-90,180", -90, 180)]
    public void TryParse_Degrees_AreRead(string text, double latitude, double longitude)
    {
        Assert.True(GeoPosition.TryParse(text, out var position, out _));
        Assert.Equal(new GeoPosition(latitude, longitude), position);
    }

    [Theory]
    [InlineData("")]
    [InlineData("91,0")]
    [InlineData("0,-181")]
    [InlineData("NaN,0")]
    [InlineData("0,Infinity")]
    [InlineData("north,west")]
    [InlineData("XXX")]
    public void TryParse_NoPosition_SaysWhatIsWanted(string text)
    {
        Assert.False(GeoPosition.TryParse(text, out _, out var error));
        Assert.StartsWith("want", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Expected_GrowsWithDistanceAndStaysAboveLight()
    {
        Assert.Equal(GreatCircle.AccessMilliseconds, GreatCircle.Expected(0).TotalMilliseconds);

        // London to New York: 54 ms in fibre, 70 to 90 on the Internet.
        Assert.InRange(GreatCircle.Least(5550).TotalMilliseconds, 54, 55);
        Assert.InRange(GreatCircle.Expected(5550).TotalMilliseconds, 70, 90);
    }
}

using EdgeMesh.Latency.Positions;

namespace EdgeMesh.Latency.Tests.Positions;

public sealed class LocationCodesTests
{
    [Theory]
    [InlineData("LHR", "London")]
    [InlineData("lhr", "London")]
    [InlineData("LHR50-1", "London")]
    [InlineData("LHR50-P1", "London")]
    [InlineData("LHR62-C2", "London")]
    [InlineData("us-east-1-bos-1a", "Boston")]
    public void Find_EveryFormOfCode_IsTheCity(string code, string city) => Assert.Equal(city, LocationCodes.Find(code)?.City);

    [Theory]
    [InlineData("")]
    [InlineData("QQQ")]
    [InlineData("London")]
    [InlineData("LHRX-1")]
    [InlineData("eu-west-2")]
    [InlineData("eu-west-2a")]
    [InlineData("L1R")]
    public void Find_NoCode_IsNull(string code) => Assert.Null(LocationCodes.Find(code));

    [Fact]
    public void All_Cities_HavePositions()
    {
        Assert.Equal(107, LocationCodes.All.Count);
        Assert.All(LocationCodes.All, l => Assert.True(GeoPosition.TryCreate(l.Position.LatitudeDegrees, l.Position.LongitudeDegrees, out _)));
    }
}

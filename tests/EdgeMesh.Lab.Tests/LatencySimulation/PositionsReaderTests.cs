using EdgeMesh.Lab.LatencySimulation;
using EdgeMesh.Latency.Positions;
using EdgeMesh.Testing;

namespace EdgeMesh.Lab.Tests.LatencySimulation;

public sealed class PositionsReaderTests
{
    private static readonly string[] Names = ["a", "b", "c"];

    [Theory]
    [InlineData("""{"a": {"latitude": 1, "longitude": 2}, "c": {"lat": 3, "lng": 4}, "z": [5, 6]}""")]
    [InlineData("""{"c": [3, 4], "a": [1, 2]}""")]
    [InlineData("""[{"code": "a", "lat": 1, "lon": 2}, {"name": "c", "latitude": 3, "longitude": 4}]""")]
    [InlineData("name\tlatitude\tlongitude\na\t1\t2\nc\t3\t4\n")]
    [InlineData("c,3,4\na,1,2\n")]
    public void Read_AnyForm_IsTheRowsPositions(string text) =>
        Assert.Equal([new GeoPosition(1, 2), null, new GeoPosition(3, 4)], Read(text));

    [Fact]
    public void Read_WithoutNames_IsInTheOrderOfRows() =>
        Assert.Equal([new GeoPosition(1, 2), new GeoPosition(3, 4), new GeoPosition(5, 6)], Read("1,2\n3,4\n5,6\n"));

    [Theory]
    [InlineData("""{"a": {"latitude": 91, "longitude": 2}}""", "'a' is 91,2, want -90 to 90")]
    [InlineData("""{"a": {"latitude": 1}}""", "want latitude and longitude")]
    [InlineData("""{"x": [1, 2]}""", "no position is of a row of the matrix; the first row is 'a', the first position 'x'")]
    [InlineData("""[{"lat": 1, "lon": 2}]""", "has no name")]
    [InlineData("a\t1\t2\nb\tnorth\t4\n", "line 2 is 'b\tnorth\t4'")]
    public void Read_NoPositions_SaysWhereAndWhy(string text, string said) =>
        Assert.Contains(said, Assert.Throws<RttMatrixException>(() => Read(text)).Message, StringComparison.Ordinal);

    private static IReadOnlyList<GeoPosition?> Read(string text)
    {
        using var directory = new TempDirectory();
        var path = Path.Combine(directory.Path, "positions");
        File.WriteAllText(path, text);
        return PositionsReader.Read(path, Names);
    }
}

using EdgeMesh.Lab.LatencySimulation;
using EdgeMesh.Testing;

namespace EdgeMesh.Lab.Tests.LatencySimulation;

public sealed class RttMatrixReaderTests
{
    [Theory]
    [InlineData("0\t1\t2\n1\t0\t3\n2\t3\t0\n", "row 1")]
    [InlineData("0,1,2\r\n1,0,3\r\n2,3,0", "row 1")]
    [InlineData("a\tb\tc\n0\t1\t2\n1\t0\t3\n2\t3\t0\n", "a")]
    [InlineData("\ta\tb\tc\na\t0\t1\t2\nb\t1\t0\t3\nc\t2\t3\t-\n", "a")]
    [InlineData("a\t0\t1\t2\nb\t1\t0\t3\nc\t2\t3\t0\n", "a")]
    [InlineData("""{"a": {"b": 1, "c": 2}, "b": {"c": 3}}""", "a")]
    [InlineData("""{"metadata": {"unit": "ms"}, "data": {"a": {"a": 9, "b": 1, "c": 2}, "b": {"a": 1, "c": 3}, "c": {}}}""", "a")]
    [InlineData("""[{"from": "a", "to": "b", "ms": 1}, {"from": "c", "to": "a", "ms": 2}, {"from": "b", "to": "c", "ms": 3}]""", "a")]
    public void Read_AnyForm_IsTheSameMatrix(string text, string firstName)
    {
        var matrix = Read(text);

        Assert.Equal(3, matrix.Count);
        Assert.Equal(firstName, matrix.Names[0]);
        var at = matrix.Names.Order(StringComparer.Ordinal).Select(name => matrix.Names.ToList().IndexOf(name)).ToArray();
        Assert.Equal((1.0, 2.0, 3.0, 1.0), (matrix[at[0], at[1]], matrix[at[0], at[2]], matrix[at[1], at[2]], matrix[at[1], at[0]]));
    }

    [Fact]
    public void Read_RealMatrices_AreWhole()
    {
        Assert.Equal(120, SampleMatrices.PlanetLab.Count);
        Assert.Equal(32, SampleMatrices.AwsRegions.Count);
        Assert.Contains("eu-west-2", SampleMatrices.AwsRegions.Names);
    }

    [Theory]
    [InlineData("", "0 rows")]
    [InlineData("0\t1\n1\t0\n", "2 rows, want 3 to 4096")]
    [InlineData("0\t1\t2\n1\t0\n2\t3\t0\n", "not square: row 2 (row 2) has 2 values, and there are 3 rows")]
    [InlineData("0\t1\t2\t3\n1\t0\t3\t4\n2\t3\t0\t5\n", "not square: row 1")]
    [InlineData("0\t1\t2\n1\t0\t-3\n2\t3\t0\n", "row 2 (row 2), column 3 (row 3) is -3 ms, negative")]
    [InlineData("a\t0\t1\t2\nb\t1\t0\tNaN\nc\t2\t3\t0\n", "row 2 (b), column 3 (c) is no number")]
    [InlineData("0\t1\tfast\n1\t0\t3\n2\t3\t0\n", "row 1 (row 1), column 3 (row 3) is 'fast', want a number")]
    [InlineData("0\t1\t\n1\t0\t3\n2\t3\t0\n", "column 3 (row 3) is ''")]
    [InlineData("0\t1\t1e300\n1\t0\t3\n2\t3\t0\n", "longer than 10000")]
    [InlineData("0\t1\tInfinity\n1\t0\t3\n2\t3\t0\n", "longer than 10000")]
    [InlineData("a\t0\t1\t2\na\t1\t0\t3\nc\t2\t3\t0\n", "two rows are named 'a'")]
    [InlineData("""{"a": {"b": 1}, "c": {}}""", "2 rows")]
    [InlineData("""{"a": {"b": 1}, "c": {"a": 2}}""", "no round trip between 'b' and 'c'")]
    [InlineData("""{"a": {"b": "1"}}""", "between 'a' and 'b' is \"1\"")]
    [InlineData("""{"a": 1}""", "'a' is Number")]
    [InlineData("""[{"from": "a"}]""", "an entry of the list")]
    [InlineData("""{"a": """, "not JSON")]
    public void Read_NoMatrix_SaysWhereAndWhy(string text, string said)
    {
        var exception = Assert.Throws<RttMatrixException>(() => Read(text));

        Assert.Contains(said, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NoFileOrBrokenGzip_SaysSo()
    {
        using var directory = new TempDirectory();
        var broken = Path.Combine(directory.Path, "broken.gz");
        File.WriteAllBytes(broken, [0x1f, 0x8b, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);

        Assert.Contains("cannot be read", Assert.Throws<RttMatrixException>(() => RttMatrixReader.Read(broken)).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be read", Assert.Throws<RttMatrixException>(() => RttMatrixReader.Read(broken + "x")).Message, StringComparison.Ordinal);
    }

    private static RttMatrix Read(string text)
    {
        using var directory = new TempDirectory();
        var path = Path.Combine(directory.Path, "matrix");
        File.WriteAllText(path, text);
        return RttMatrixReader.Read(path);
    }
}

using EdgeMesh.Node.Servers;

namespace EdgeMesh.Node.Tests.Servers;

public sealed class ReadyLineTests
{
    [Fact]
    public void TryRead_OwnLine_ReadsBackTheSame()
    {
        var line = new ReadyLine("LHR50-1", new Uri("http://127.0.0.1:6401"));

        Assert.Equal("ready LHR50-1 http://127.0.0.1:6401", line.ToString());
        Assert.True(ReadyLine.TryRead(line.ToString(), out var again));
        Assert.Equal(line, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ready")]
    [InlineData("ready LHR50-1")]
    [InlineData("ready LHR50-1 nowhere")]
    [InlineData("already LHR50-1 http://127.0.0.1:6401")]
    [InlineData("ready LHR50-1 http://127.0.0.1:6401 now")]
    public void TryRead_OtherLine_False(string line) => Assert.False(ReadyLine.TryRead(line, out _));
}

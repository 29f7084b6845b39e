using EdgeMesh.Latency.Coordinates;

namespace EdgeMesh.Latency.Tests.Coordinates;

public sealed class LatencyFilterTests
{
    [Fact]
    public void Push_IsTheTwentyFifthPercentileOfTheLastFour()
    {
        var filter = new LatencyFilter();

        Assert.Equal(40, filter.Push(40));
        Assert.Equal(32.5, filter.Push(30), 9);
        Assert.Equal(35, filter.Push(1000), 9);
        Assert.Equal(37.5, filter.Push(900), 9);
        Assert.Equal(682.5, filter.Push(910), 9);
    }
}

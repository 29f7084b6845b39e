using EdgeMesh.Latency.Reports;

namespace EdgeMesh.Latency.Tests.Reports;

public sealed class RecencyTableTests
{
    [Fact]
    public void Set_BeyondCapacity_ForgetsTheLongestUntouched()
    {
        var table = new RecencyTable<string, int>(2);
        table.Set("a", 1);
        table.Set("b", 2);
        table.Set("a", 3);

        table.Set("c", 4);

        Assert.False(table.TryFind("b", out _));
        Assert.Equal([3, 4], table.Values);
    }

    [Fact]
    public void Take_Some_LeavesTheOthers()
    {
        var table = new RecencyTable<string, int>(3);
        table.Set("a", 1);
        table.Set("b", 2);

        Assert.Equal([("a", 1)], table.Take(1));
        Assert.Equal([("b", 2)], table.Take(5));
        Assert.Empty(table.Take(5));
    }
}

using EdgeMesh.Caching.Eviction;

namespace EdgeMesh.Caching.Tests.Eviction;

public sealed class MinTreeTests
{
    [Fact]
    public void Least_AfterAnyChange_NamesTheLeast()
    {
        var tree = new MinTree(128);
        var values = Enumerable.Repeat(double.PositiveInfinity, 128).ToArray();
        var random = new Random(1);
        for (var step = 0; step < 5000; step++)
        {
            var leaf = random.Next(128);
            values[leaf] = tree[leaf] = random.Next(4) == 0 ? double.PositiveInfinity : random.NextDouble();
            Assert.Equal(values.Min(), tree[tree.Least]);
        }
    }
}

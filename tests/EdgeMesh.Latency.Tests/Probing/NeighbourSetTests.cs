using EdgeMesh.Latency.Probing;

namespace EdgeMesh.Latency.Tests.Probing;

public sealed class NeighbourSetTests
{
    [Fact]
    public void Choose_ASmallMesh_IsEveryone() =>
        Assert.Equal(NeighbourSet.FullMesh, NeighbourSet.Choose("self", Others(NeighbourSet.FullMesh)).Count);

    [Fact]
    public void Choose_ALargeMesh_IsTheNearestQuarterAndTheRestAtRandom()
    {
        var chosen = NeighbourSet.Choose("self", Others(1000), 32);

        Assert.Equal(32, chosen.Distinct().Count());
        Assert.Superset(Enumerable.Range(0, 8).Select(i => $"n{i}").ToHashSet(), chosen.ToHashSet());
        Assert.InRange(chosen.Select(name => int.Parse(name.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture)).Average(), 200, 600);
    }

    [Fact]
    public void Choose_OneMoreJoins_ChangesAtMostOneRandomNeighbour()
    {
        var others = Others(1000);
        var before = NeighbourSet.Choose("self", others, 32);
        var after = NeighbourSet.Choose("self", [.. others, ("newcomer", TimeSpan.FromHours(1))], 32);

        Assert.InRange(before.Except(after).Count(), 0, 1);
    }

    [Fact]
    public void Choose_ManyNodes_LoadNobodyMuchMoreThanOthers()
    {
        var names = Enumerable.Range(0, 300).Select(i => $"n{i}").ToList();
        var load = names
            .SelectMany(self => NeighbourSet.Choose(self, [.. names.Where(n => n != self).Select(n => (n, (TimeSpan?)null))], 32))
            .CountBy(name => name)
            .ToList();

        Assert.Equal(300, load.Count);
        Assert.InRange(load.Max(l => l.Value), 32, 64);
    }

    private static (string Name, TimeSpan? Predicted)[] Others(int count) =>
        [.. Enumerable.Range(0, count).Select(i => ($"n{i}", (TimeSpan?)TimeSpan.FromMilliseconds(i + 1)))];
}

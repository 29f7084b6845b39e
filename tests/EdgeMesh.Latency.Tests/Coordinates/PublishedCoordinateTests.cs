using EdgeMesh.Latency.Coordinates;

namespace EdgeMesh.Latency.Tests.Coordinates;

public sealed class PublishedCoordinateTests
{
    [Fact]
    public void Take_AJitteringCoordinate_StaysPut()
    {
        var published = new PublishedCoordinate();
        var random = new Random(5);
        for (var i = 0; i < PublishedCoordinate.Window; i++)
        {
            published.Take(At(0.05 + (0.0005 * random.NextDouble())));
        }

        var told = published.Current;
        for (var i = 0; i < 200; i++)
        {
            Assert.False(published.Take(At(0.05 + (0.0005 * random.NextDouble()))));
        }

        Assert.Same(told, published.Current);
    }

    [Fact]
    public void Take_ACoordinateThatMoved_FollowsIt()
    {
        var published = new PublishedCoordinate();
        for (var i = 0; i < PublishedCoordinate.Window; i++)
        {
            published.Take(At(0.05));
        }

        var changes = Enumerable.Range(0, 4 * PublishedCoordinate.Window).Count(_ => published.Take(At(0.08)));

        Assert.InRange(changes, 1, 10);
        Assert.InRange(1000 * published.Current.Position[0], 77, 80);
    }

    private static Coordinate At(double x)
    {
        var position = new double[Coordinate.Dimensions];
        position[0] = x;
        Assert.True(Coordinate.TryCreate(position, 0.001, 0, 0.1, out var coordinate));
        return coordinate;
    }
}

using EdgeMesh.Client.Picking;

namespace EdgeMesh.Client.Tests.Picking;

public sealed class HomeWindowsTests
{
    private static readonly Candidate[] Better = [Near(0.050), Near(0.030)];
    private static readonly Candidate[] AsGood = [Near(0.0315), Near(0.030)];

    private readonly HomeWindows _windows = new();
    private readonly Random _random = new(1);

    [Fact]
    public void Close_AnotherIsBetterThreeTimesRunning_Moves() => Assert.Equal([0, 0, 1], Close(Better, Better, Better));

    [Fact]
    public void Close_AnotherIsBetterNowAndThen_Stays() => Assert.Equal([0, 0, 0, 0, 0, 0], Close(Better, Better, AsGood, Better, Better, AsGood));

    [Fact]
    public void Close_WithinTheBand_StaysForEver() => Assert.All(Close([.. Enumerable.Repeat(AsGood, 100)]), home => Assert.Equal(0, home));

    [Fact]
    public void Close_HomeTakesNoCalls_MovesAtOnce()
    {
        Assert.Equal(1, _windows.Close([Near(0.001) with { IsEjected = true }, Near(0.030)], 0, _random));
        Assert.Equal(1, _windows.Close([Near(0.001) with { IsDraining = true }, Near(0.030)], 0, _random));
        Assert.Equal(0, _windows.Close([Near(0.001), Near(0.030)], -1, _random));
    }

    [Fact]
    public void Close_NodesThatWarmUpOrAreLoaded_TheNearestIsHomeAllTheSame()
    {
        Candidate[] candidates = [.. Better.Select(candidate => candidate with { Warmth = 0.2, Shed = 0.3 })];

        Assert.All(Enumerable.Range(0, 200), _ => Assert.Equal(1, _windows.Close(candidates, -1, _random)));
    }

    private List<int> Close(params Candidate[][] windows)
    {
        var home = 0;
        return [.. windows.Select(candidates => home = _windows.Close(candidates, home, _random))];
    }

    private static Candidate Near(double seconds) => new() { PropagationSeconds = seconds, ServedSeconds = double.NaN, ServedFloorSeconds = double.NaN, Warmth = 1 };
}

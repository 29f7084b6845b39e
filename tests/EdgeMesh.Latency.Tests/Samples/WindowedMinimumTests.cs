using EdgeMesh.Latency.Samples;
using FsCheck;
using FsCheck.Fluent;

namespace EdgeMesh.Latency.Tests.Samples;

public sealed class WindowedMinimumTests
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(100);

    [Fact]
    public void Value_Empty_IsNull() => Assert.Null(new WindowedMinimum(Window).Value);

    [Fact]
    public void Add_AnySequence_IsAValueOfTheWindowAndNeverBelowItsMinimum()
    {
        var samples = Gen.Zip(Gen.Choose(0, 60), Gen.Choose(1, 1000)).ListOf();
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(samples.ToArbitrary(), list =>
        {
            var minimum = new WindowedMinimum(Window);
            var seen = new List<(int At, int Value)>();
            var now = 0;
            foreach (var (step, value) in list)
            {
                now += step;
                seen.Add((now, value));
                minimum.Add(TimeSpan.FromSeconds(now), TimeSpan.FromMilliseconds(value));

                var inWindow = seen.Where(s => now - s.At <= 100).ToList();
                var found = (int)minimum.Value!.Value.TotalMilliseconds;
                Assert.Contains(found, inWindow.Select(s => s.Value));

                // Three kept samples approximate: never better than the true minimum of the window, exact over the newest quarter.
                Assert.True(found <= seen.Where(s => now - s.At <= 25).Min(s => s.Value));
            }
        }));
    }

    [Fact]
    public void Add_AMinimumThatGetsOld_GivesWay()
    {
        var minimum = new WindowedMinimum(Window);
        minimum.Add(TimeSpan.Zero, TimeSpan.FromMilliseconds(10));
        for (var second = 1; second <= 101; second++)
        {
            minimum.Add(TimeSpan.FromSeconds(second), TimeSpan.FromMilliseconds(20));
        }

        Assert.Equal(TimeSpan.FromMilliseconds(20), minimum.Value);
    }
}

using EdgeMesh.Relay.Upstreams;
using EdgeMesh.Testing;
using EdgeMesh.Workloads.Balancing;

namespace EdgeMesh.Workloads.Tests;

/// <summary>Which replica a call goes to.</summary>
public sealed class ReplicaPickerTests : IDisposable
{
    private const int Draws = 20_000;

    private readonly ManualTimeProvider _time = new();
    private readonly Random _random = new(7);
    private readonly List<ReplicaTarget> _targets = [];

    public void Dispose() => _targets.ForEach(target => target.Retire());

    [Fact]
    public void Pick_AlikeAndIdle_SpreadsEvenly()
    {
        var shares = Share(Make(1), Make(1), Make(1), Make(1));

        Assert.All(shares, share => Assert.InRange(share, 0.23, 0.27));
    }

    [Fact]
    public void Pick_Weights_SpreadsByThem()
    {
        var shares = Share(Make(1), Make(1), Make(2));

        Assert.InRange(shares[2], 0.47, 0.53);
    }

    [Fact]
    public void Pick_OneIsFiveTimesSlower_GetsNothingUntilTheOthersHaveAsMuchToDo()
    {
        ReplicaTarget[] targets = [Make(1), Make(1), Make(1), Make(1)];
        foreach (var target in targets)
        {
            target.Observe(TimeSpan.FromMilliseconds(target == targets[3] ? 50 : 10));
        }

        Assert.Equal(0, Share(targets)[3]);
        foreach (var target in targets[..3])
        {
            for (var i = 0; i < 5; i++)
            {
                target.Begin();
            }
        }

        Assert.InRange(Share(targets)[3], 0.4, 0.6);
    }

    [Fact]
    public void Pick_SlowOneIsNotAskedForLong_IsForgiven()
    {
        ReplicaTarget[] targets = [Make(1), Make(1)];
        targets[0].Observe(TimeSpan.FromMilliseconds(50));
        _time.Advance(TimeSpan.FromSeconds(20));
        targets[1].Observe(TimeSpan.FromMilliseconds(10));

        Assert.InRange(Share(targets)[0], 0.4, 1);
    }

    [Fact]
    public void Pick_OneHasMoreToDo_TheOtherGetsIt()
    {
        ReplicaTarget[] targets = [Make(1), Make(1)];
        targets[0].Begin();

        Assert.Equal([0, 1], Share(targets));
    }

    [Fact]
    public void Pick_NewOneWarmsUp_ItsShareGrows()
    {
        ReplicaTarget[] targets = [Make(1), Make(1)];
        _time.Advance(TimeSpan.FromSeconds(100));
        targets[1].ReadyAt = _time.GetTimestamp();
        var model = new BalanceModel(targets, TimeSpan.FromSeconds(10), _time);

        var cold = Share(model)[1];
        _time.Advance(TimeSpan.FromSeconds(5));
        var warmer = Share(model)[1];
        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.InRange(cold, 0.07, 0.11);
        Assert.InRange(warmer, 0.3, 0.36);
        Assert.InRange(Share(model)[1], 0.47, 0.53);
    }

    [Fact]
    public void Pick_AllTried_IsNone()
    {
        ReplicaTarget[] targets = [Make(1), Make(1)];
        var model = new BalanceModel(targets, TimeSpan.Zero, _time);

        Assert.Same(targets[1], ReplicaPicker.Pick(model, [targets[0]], _random, _time.GetTimestamp()));
        Assert.Null(ReplicaPicker.Pick(model, targets, _random, _time.GetTimestamp()));
        Assert.Null(ReplicaPicker.Pick(BalanceModel.Empty, null, _random, _time.GetTimestamp()));
    }

    private ReplicaTarget Make(double weight)
    {
        var target = new ReplicaTarget("shop", $"shop-{_targets.Count + 1}", new Uri("http://127.0.0.1:9"), weight, null, UpstreamHandler.Create(), "eu-west-2", _time);
        _targets.Add(target);
        return target;
    }

    private double[] Share(params ReplicaTarget[] targets) => Share(new BalanceModel(targets, TimeSpan.Zero, _time));

    private double[] Share(BalanceModel model)
    {
        var counts = new int[model.Targets.Length];
        for (var i = 0; i < Draws; i++)
        {
            counts[Array.IndexOf(model.Targets, ReplicaPicker.Pick(model, null, _random, _time.GetTimestamp()))]++;
        }

        return [.. counts.Select(count => count / (double)Draws)];
    }
}

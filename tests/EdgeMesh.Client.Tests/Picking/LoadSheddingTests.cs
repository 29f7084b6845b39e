using EdgeMesh.Client.Picking;

namespace EdgeMesh.Client.Tests.Picking;

public sealed class LoadSheddingTests
{
    private const double FloorSeconds = 0.010;

    private static readonly TimeSpan Probe = TimeSpan.FromMilliseconds(200);

    private readonly LoadShedding _shedding = new();
    private TimeSpan _now;

    [Fact]
    public void Note_AsUnloaded_ShedsNothing() => Assert.Equal(0, Note(100, FloorSeconds));

    [Fact]
    public void Note_BelowTheLimit_ShedsNothing() => Assert.Equal(0, Note(100, LoadShedding.LimitOf(FloorSeconds) * 0.9));

    [Fact]
    public void Note_FarTooSlow_ShedsHalfWithinSeconds() => Assert.InRange(Note(30, 1), 0.5, 0.8);

    [Fact]
    public void Note_SlowForever_StillGivesIt_ACallInFifty() => Assert.Equal(LoadShedding.MaxShare, Note(1000, 1));

    [Fact]
    public void Note_WellAgain_ComesBackByAndBy()
    {
        var slow = Note(50, 1);
        var later = Note(5, FloorSeconds);

        Assert.InRange(later, slow * 0.5, slow * 0.95);
        Assert.Equal(0, Note(300, FloorSeconds));
    }

    [Fact]
    public void Note_ServesNobody_ComesBackAsIfWell()
    {
        Note(50, 1);

        Assert.Equal(0, Note(300, double.NaN));
    }

    [Fact]
    public void Note_NotProbedForLong_CountsASecondAtMost()
    {
        Note(1, 1);
        var before = _shedding.Share;
        _now += TimeSpan.FromHours(1);

        Assert.InRange(Note(1, 1) - before, 0, 0.1);
    }

    /// <summary>A queue that many clients feed: what they learn is a quarter of a second old.</summary>
    [Theory]
    [InlineData(1.2)]
    [InlineData(2)]
    [InlineData(4)]
    public void Note_QueueOfManyClients_SettlesAtItsCapacity(double demand)
    {
        var step = TimeSpan.FromMilliseconds(50);
        var delays = new Queue<double>(Enumerable.Repeat(0.0, 5));
        var queueSeconds = 0.0;
        var loads = new List<double>();
        for (var i = 0; i < 1200; i++)
        {
            var load = demand * (1 - _shedding.Share);
            queueSeconds = Math.Max(0, queueSeconds + ((load - 1) * step.TotalSeconds));
            delays.Enqueue(queueSeconds);
            var told = delays.Dequeue();
            _now += step;
            if (i % 4 == 0)
            {
                _shedding.Note(_now, FloorSeconds + told, FloorSeconds);
            }

            loads.Add(load);
        }

        Assert.All(loads[600..], load => Assert.InRange(load, 0.7, 1.2));
        Assert.InRange(queueSeconds, 0, 0.1);
    }

    private double Note(int times, double servedSeconds)
    {
        for (var i = 0; i < times; i++)
        {
            _now += Probe;
            _shedding.Note(_now, servedSeconds, FloorSeconds);
        }

        return _shedding.Share;
    }
}

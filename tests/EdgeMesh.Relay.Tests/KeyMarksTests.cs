using EdgeMesh.Caching;
using EdgeMesh.Relay.Cache;
using EdgeMesh.Testing;

namespace EdgeMesh.Relay.Tests;

public sealed class KeyMarksTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly CacheKey _key = new([1]);

    [Fact]
    public void SecondsLeft_Marked_CountsDownToNothing()
    {
        var marks = new KeyMarks(_time, 1 << 10, 30);
        _time.Advance(TimeSpan.FromSeconds(5));

        marks.Add(_key);

        Assert.Equal((30, 0), (marks.SecondsLeft(_key), marks.SecondsLeft(new CacheKey([2]))));
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(1, marks.SecondsLeft(_key));
        _time.Advance(TimeSpan.FromSeconds(100));
        Assert.Equal(0, marks.SecondsLeft(_key));
    }

    [Fact]
    public void Remove_Marked_HasNoMarkAndOthersKeepTheirs()
    {
        var marks = new KeyMarks(_time, 1 << 16, 30);
        var other = new CacheKey([2]);
        marks.Add(_key);
        marks.Add(other);

        marks.Remove(_key);

        Assert.Equal((0, 30), (marks.SecondsLeft(_key), marks.SecondsLeft(other)));
    }
}

using EdgeMesh.Testing;

namespace EdgeMesh.Scenarios.Testing;

public sealed class ScriptedRandomTests
{
    [Fact]
    public void Next_ScriptedNumbers_AreScaledToTheRange()
    {
        var random = new ScriptedRandom(0, 0.5, 0.999, 0.25);

        Assert.Equal(10, random.Next(10, 20));
        Assert.Equal(15, random.Next(10, 20));
        Assert.Equal(19, random.Next(10, 20));
        Assert.Equal(0.25, random.NextDouble());
        Assert.Equal(4, random.Draws);
    }

    [Fact]
    public void NextDouble_ScriptUsedUp_Fails()
    {
        var random = new ScriptedRandom(0.5);
        random.NextDouble();

        Assert.Throws<InvalidOperationException>(() => random.NextDouble());
    }

    [Fact]
    public void Repeating_ScriptUsedUp_StartsAgain()
    {
        var random = ScriptedRandom.Repeating(0.1, 0.2);

        Assert.Equal([0.1, 0.2, 0.1], [random.NextDouble(), random.NextDouble(), random.NextDouble()]);
    }
}

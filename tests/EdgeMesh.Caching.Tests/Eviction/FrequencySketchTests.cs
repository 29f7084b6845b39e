using EdgeMesh.Caching.Eviction;

namespace EdgeMesh.Caching.Tests.Eviction;

public sealed class FrequencySketchTests
{
    [Fact]
    public void Estimate_OfCountedKeys_IsNeverTooLow()
    {
        using var sketch = new FrequencySketch(blocks: 5);
        for (var key = 0u; key < 100; key++)
        {
            sketch.Add(Hash(key), (int)(key % 15) + 1);
        }

        for (var key = 0u; key < 100; key++)
        {
            Assert.InRange(sketch.Estimate(Hash(key)), (int)(key % 15) + 1, FrequencySketch.MaxCount);
        }
    }

    [Fact]
    public void Grow_AnyNumberOfBlocks_LosesNoCount()
    {
        using var sketch = new FrequencySketch(blocks: 1);
        for (var key = 0u; key < 200; key++)
        {
            sketch.Add(Hash(key), 3);
            sketch.Grow();
            for (var earlier = 0u; earlier <= key; earlier++)
            {
                Assert.InRange(sketch.Estimate(Hash(earlier)), 3, FrequencySketch.MaxCount);
            }
        }

        Assert.InRange(Enumerable.Range(1000, 1000).Average(key => sketch.Estimate(Hash((uint)key))), 0, 0.1);
    }

    [Fact]
    public void Age_AWholeShare_HalvesEveryCounter()
    {
        using var sketch = new FrequencySketch(blocks: 64);
        sketch.Add(Hash(7), 12);
        for (var i = 0; i < 128; i++)
        {
            sketch.Age(1 / 128.0);
        }

        Assert.Equal(6, sketch.Estimate(Hash(7)));
    }

    private static uint Hash(uint key) => (uint)(((ulong)key + 1) * 0x9E3779B97F4A7C15 >> 29);
}

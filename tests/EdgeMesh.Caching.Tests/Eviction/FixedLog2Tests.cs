using EdgeMesh.Caching.Eviction;

namespace EdgeMesh.Caching.Tests.Eviction;

public sealed class FixedLog2Tests
{
    [Fact]
    public void Of_AnyNumber_IsTheLogarithmToAPartIn128()
    {
        for (var number = 1L; number < EvictionPolicy.MaxEntryBytes; number = (number * 21 / 20) + 1)
        {
            Assert.InRange(FixedLog2.Of(number) / (double)FixedLog2.One, Math.Log2(number) - (1 / 128.0), Math.Log2(number) + (1 / 128.0));
        }
    }
}

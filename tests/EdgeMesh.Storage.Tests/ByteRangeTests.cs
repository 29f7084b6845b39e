using EdgeMesh.Storage.Grammar;
using EdgeMesh.V1;

namespace EdgeMesh.Storage.Tests;

public sealed class ByteRangeTests
{
    [Theory]
    [InlineData(0, 0, 10, 0, 10)]
    [InlineData(0, 3, 10, 0, 3)]
    [InlineData(9, 0, 10, 9, 1)]
    [InlineData(9, long.MaxValue, 10, 9, 1)]
    [InlineData(4, 100, 10, 4, 6)]
    [InlineData(-1, 0, 10, 9, 1)]
    [InlineData(-10, 0, 10, 0, 10)]
    [InlineData(-11, 0, 10, 0, 10)]
    [InlineData(long.MinValue, 0, 10, 0, 10)]
    [InlineData(0, 0, 0, 0, 0)]
    [InlineData(0, 5, 0, 0, 0)]
    [InlineData(-5, 0, 0, 0, 0)]
    public void Resolve_WithinTheObject_AnswersOffsetAndLength(long offset, long length, long size, long expectedOffset, long expectedLength) =>
        Assert.Equal((expectedOffset, expectedLength), ByteRangeRules.Resolve(new ByteRange { OffsetBytes = offset, LengthBytes = length }, size));

    [Fact]
    public void Resolve_NoRange_IsAll() => Assert.Equal((0, 7), ByteRangeRules.Resolve(null, 7));

    [Theory]
    [InlineData(10, 10)]
    [InlineData(11, 10)]
    [InlineData(1, 0)]
    [InlineData(long.MaxValue, 10)]
    public void Resolve_BeyondTheObject_IsNotSatisfiable(long offset, long size)
    {
        var e = Assert.Throws<ObjectStoreException>(() => ByteRangeRules.Resolve(new ByteRange { OffsetBytes = offset }, size));

        Assert.Equal(ObjectStoreFault.RangeNotSatisfiable, e.Fault);
    }

    [Theory]
    [InlineData(0, -1)]
    [InlineData(-1, 5)]
    [InlineData(-1, -1, 2)]
    public void Check_Meaningless_IsNoted(long offset, long length, int count = 1)
    {
        var violations = new Violations();

        ByteRangeRules.Check("range", new ByteRange { OffsetBytes = offset, LengthBytes = length }, violations);

        var e = Assert.Throws<ObjectStoreException>(violations.ThrowIfAny);
        Assert.Equal(Enumerable.Repeat("range.length_bytes", count), e.Violations.Select(v => v.Field));
    }

    [Fact]
    public async Task Read_EveryRangeAroundChunkBounds_AnswersThoseBytes()
    {
        await using var test = await TestStore.OpenAsync();
        var content = TestStore.Content((2 * ObjectLimits.ChunkBytes) + 5);
        await test.WriteAsync("a", content);
        long[] bounds = [0, 1, ObjectLimits.ChunkBytes - 1, ObjectLimits.ChunkBytes, ObjectLimits.ChunkBytes + 1, (2 * ObjectLimits.ChunkBytes) - 1, 2 * ObjectLimits.ChunkBytes, content.Length - 1];
        foreach (var offset in bounds)
        {
            foreach (var end in bounds.Append(content.Length).Where(end => end > offset))
            {
                var range = new ByteRange { OffsetBytes = offset, LengthBytes = end - offset };

                Assert.Equal(content[(int)offset..(int)end], await test.ReadAsync("a", range));
            }

            Assert.Equal(content[(int)offset..], await test.ReadAsync("a", new ByteRange { OffsetBytes = offset - content.Length }));
        }
    }

    [Fact]
    public async Task Read_EmptyObject_IsEmptyAndStillChecked()
    {
        await using var test = await TestStore.OpenAsync();
        await test.PutAsync("a", []);

        Assert.Empty(await test.ReadAsync("a"));
        Assert.Empty(await test.ReadAsync("a", new ByteRange()));
        await TestStore.FaultOf(ObjectStoreFault.RangeNotSatisfiable, () => test.ReadAsync("a", new ByteRange { OffsetBytes = 1 }));
        await File.WriteAllBytesAsync(Assert.Single(test.BodyFiles()), [1]);
        await TestStore.FaultOf(ObjectStoreFault.Damaged, () => test.ReadAsync("a"));
    }
}

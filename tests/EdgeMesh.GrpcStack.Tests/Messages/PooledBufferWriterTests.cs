using System.Buffers;
using EdgeMesh.GrpcStack.Messages;

namespace EdgeMesh.GrpcStack.Tests.Messages;

public sealed class PooledBufferWriterTests
{
    [Fact]
    public void Write_PastTheCapacity_GrowsAndKeepsWhatWasWritten()
    {
        using var writer = new PooledBufferWriter(1);
        var expected = new byte[100_000];
        new Random(1).NextBytes(expected);
        for (var at = 0; at < expected.Length; at += 1000)
        {
            writer.Write(expected.AsSpan(at, 1000));
        }

        Assert.Equal(expected, writer.WrittenMemory.ToArray());
        Assert.True(writer.GetSpan(200_000).Length >= 200_000);
        Assert.Equal(expected.Length, writer.WrittenCount);
    }

    [Fact]
    public void Advance_PastTheBuffer_Throws()
    {
        using var writer = new PooledBufferWriter();
        var length = writer.GetSpan().Length;

        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Advance(length + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Advance(-1));
    }

    [Fact]
    public void Dispose_Twice_GivesTheArrayBackOnce()
    {
        var writer = new PooledBufferWriter();
        writer.Write("1"u8);
        writer.Dispose();
        writer.Dispose();

        Assert.Equal(0, writer.WrittenCount);
    }
}

using System.Buffers;
using FsCheck;
using FsCheck.Fluent;

namespace EdgeMesh.Wire.Tests;

public sealed class MessageCounterTests
{
    [Fact]
    public void Add_AnyBytesCutAnywhere_CountsWhatTheFrameReaderReads() => Check.QuickThrowOnFailure(Prop.ForAll(
        Streams().ToArbitrary(), Gen.Choose(1, 40).NonEmptyListOf().ToArbitrary(), (bytes, cuts) =>
        {
            var counter = default(MessageCounter);
            var at = 0;
            for (var i = 0; at < bytes.Length; i++)
            {
                var taken = Math.Min(cuts[i % cuts.Count], bytes.Length - at);
                counter.Add(bytes.AsSpan(at, taken));
                at += taken;
            }

            // The reader refuses flags and lengths that the counter, which only follows, lets pass: lengths alone are compared.
            var rest = bytes.AsSpan();
            var complete = 0;
            while (rest.Length >= MessageFrame.HeaderSize && System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(rest[1..]) is var length && length <= rest.Length - MessageFrame.HeaderSize)
            {
                rest = rest[(MessageFrame.HeaderSize + (int)length)..];
                complete++;
            }

            return counter.Complete == complete && counter.IsAtBoundary == rest.IsEmpty && counter.Begun == complete + (rest.IsEmpty ? 0 : 1);
        }));

    [Fact]
    public void Add_Segments_CountsAsOneStream()
    {
        var counter = default(MessageCounter);
        counter.Add(new ReadOnlySequence<byte>([0, 0, 0, 0, 1, 7, 0, 0, 0, 0, 0, 0]));

        Assert.Equal((3, 2, false), (counter.Begun, counter.Complete, counter.IsAtBoundary));
    }

    /// <summary>Frames of short messages, and whatever bytes between and after them.</summary>
    private static Gen<byte[]> Streams() => Gen.OneOf(
        Gen.Choose(0, 300).Select(length => (byte[])[0, 0, 0, (byte)(length >> 8), (byte)length, .. new byte[length]]),
        Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf(),
        Gen.Constant((byte[])[1, 0xff, 0xff, 0xff, 0xff, 1, 2, 3])).ListOf().Select(parts => parts.SelectMany(part => part).ToArray());
}

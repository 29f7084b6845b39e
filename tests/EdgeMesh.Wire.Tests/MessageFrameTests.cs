using System.Buffers;
using EdgeMesh.Wire;
using FsCheck;
using FsCheck.Fluent;

namespace EdgeMesh.Wire.Tests;

public sealed class MessageFrameTests
{
    public static TheoryData<string, byte[], MessageFrameStatus> Corpus => new()
    {
        { "nothing", [], MessageFrameStatus.Incomplete },
        { "flag 0 alone", [0], MessageFrameStatus.Incomplete },
        { "flag 1 alone", [1], MessageFrameStatus.Incomplete },
        { "four bytes of header", [0, 0, 0, 0], MessageFrameStatus.Incomplete },
        { "header of one byte, no byte", [0, 0, 0, 0, 1], MessageFrameStatus.Incomplete },
        { "one byte short", [0, 0, 0, 0, 2, 7], MessageFrameStatus.Incomplete },
        { "flag 2 alone", [2], MessageFrameStatus.Malformed },
        { "flag 128 alone", [128], MessageFrameStatus.Malformed },
        { "flag 2 with a message", [2, 0, 0, 0, 0], MessageFrameStatus.Malformed },
        { "malformed and too large", [3, 255, 255, 255, 255], MessageFrameStatus.Malformed },
        { "one byte over the limit", [0, 0, 0, 0, 11], MessageFrameStatus.TooLarge },
        { "length with the top bit", [0, 128, 0, 0, 0], MessageFrameStatus.TooLarge },
        { "longest length", [1, 255, 255, 255, 255], MessageFrameStatus.TooLarge },
        { "an HTTP/1.1 answer", "HTTP/1.1 200 OK"u8.ToArray(), MessageFrameStatus.Malformed },
        { "an empty message", [0, 0, 0, 0, 0], MessageFrameStatus.Complete },
        { "an empty compressed message", [1, 0, 0, 0, 0], MessageFrameStatus.Complete },
        { "exactly the limit", [0, 0, 0, 0, 10, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9], MessageFrameStatus.Complete },
    };

    [Theory]
    [MemberData(nameof(Corpus))]
    public void TryRead_Corpus_HasItsStatus(string name, byte[] bytes, MessageFrameStatus expected)
    {
        foreach (var pieceLength in new[] { 1, 2, 3, 100 })
        {
            var buffer = InPieces(bytes, pieceLength);
            var length = buffer.Length;

            var status = MessageFrame.TryRead(ref buffer, 10, out var header, out var message);

            Assert.True(expected == status, $"{name} in pieces of {pieceLength}: {status}");
            Assert.Equal(expected == MessageFrameStatus.Complete ? 0 : length, buffer.Length);
            Assert.Equal(expected == MessageFrameStatus.Complete ? bytes[5..] : [], message.ToArray());
            Assert.Equal(expected == MessageFrameStatus.Complete && bytes[0] == 1, expected == MessageFrameStatus.Complete && header.IsCompressed);
        }
    }

    [Fact]
    public void TryRead_TooLarge_SaysTheLength()
    {
        var buffer = new ReadOnlySequence<byte>([0, 255, 255, 255, 255]);

        Assert.Equal(MessageFrameStatus.TooLarge, MessageFrame.TryRead(ref buffer, uint.MaxValue - 1L, out var header, out _));
        Assert.Equal(uint.MaxValue, header.LengthBytes);
    }

    [Fact]
    public void TryRead_FramesSplitAnywhere_AreTheMessagesWritten() => Check.QuickThrowOnFailure(Prop.ForAll(
        Gen.Zip(ArbMap.Default.GeneratorFor<byte[]>().Zip(ArbMap.Default.GeneratorFor<bool>()).ListOf(), Gen.Choose(1, 7)).ToArbitrary(),
        generated =>
        {
            var (messages, pieceLength) = generated;
            var buffer = InPieces(Write(messages), pieceLength);
            foreach (var (bytes, isCompressed) in messages)
            {
                if (MessageFrame.TryRead(ref buffer, long.MaxValue, out var header, out var message) != MessageFrameStatus.Complete
                    || header != new MessageFrameHeader(isCompressed, (uint)bytes.Length)
                    || !message.ToArray().AsSpan().SequenceEqual(bytes))
                {
                    return false;
                }
            }

            return buffer.IsEmpty;
        }));

    [Fact]
    public void TryRead_EveryPrefixOfAFrame_IsIncomplete() => Check.QuickThrowOnFailure(Prop.ForAll(
        ArbMap.Default.ArbFor<byte[]>(),
        bytes =>
        {
            var frame = Write([(bytes, true)]);
            for (var length = 0; length < frame.Length; length++)
            {
                var buffer = InPieces(frame[..length], 3);
                if (MessageFrame.TryRead(ref buffer, long.MaxValue, out _, out _) != MessageFrameStatus.Incomplete || buffer.Length != length)
                {
                    return false;
                }
            }

            return true;
        }));

    [Fact]
    public void TryRead_AnyBytes_NeverThrowsNorGrows() => Check.QuickThrowOnFailure(Prop.ForAll(
        ArbMap.Default.ArbFor<byte[]>(),
        bytes =>
        {
            var buffer = InPieces(bytes, 4);
            while (MessageFrame.TryRead(ref buffer, 64, out _, out var message) == MessageFrameStatus.Complete)
            {
                if (message.Length > 64)
                {
                    return false;
                }
            }

            return buffer.Length <= bytes.Length;
        }));

    private static byte[] Write(IEnumerable<(byte[] Bytes, bool IsCompressed)> messages)
    {
        var output = new List<byte>();
        var header = new byte[MessageFrame.HeaderSize];
        foreach (var (bytes, isCompressed) in messages)
        {
            MessageFrame.WriteHeader(header, isCompressed, (uint)bytes.Length);
            output.AddRange(header);
            output.AddRange(bytes);
        }

        return [.. output];
    }

    private static ReadOnlySequence<byte> InPieces(byte[] bytes, int pieceLength)
    {
        if (bytes.Length <= pieceLength)
        {
            return new ReadOnlySequence<byte>(bytes);
        }

        var first = new Piece(bytes.AsMemory(0, pieceLength), null);
        var last = first;
        for (var at = pieceLength; at < bytes.Length; at += pieceLength)
        {
            last = new Piece(bytes.AsMemory(at, Math.Min(pieceLength, bytes.Length - at)), last);
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? previous)
        {
            Memory = memory;
            if (previous is not null)
            {
                RunningIndex = previous.RunningIndex + previous.Memory.Length;
                previous.Next = this;
            }
        }
    }
}

using System.Buffers.Binary;
using System.Text;
using EdgeMesh.Relay.Upstreams;
using FsCheck;
using FsCheck.Fluent;

namespace EdgeMesh.Relay.Tests;

public sealed class RepeatedFieldStreamTests
{
    private static readonly byte[] Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();

    [Fact]
    public void Write_CutAnywhere_GivesTheSameFields()
    {
        var block = Block(("x-a", "1"), ("x-b", "2\u001f3\u001f"), ("x-c", new string('c', 200) + "\u001f" + new string('d', 300)));
        byte[] input = [.. Preface, .. Frame(4, 0, 0, [0, 3, 0, 0, 0, 100]), .. Frame(1, 4, 1, block), .. Frame(0, 1, 1, "payload\u001f"u8.ToArray())];

        var gen = Gen.Choose(1, input.Length);
        Prop.ForAll(gen.ListOf().ToArbitrary(), cuts =>
        {
            using var transport = new MemoryStream();
            using var stream = new RepeatedFieldStream(transport);
            var at = 0;
            foreach (var length in cuts)
            {
                var taken = Math.Min(length, input.Length - at);
                stream.Write(input, at, taken);
                at += taken;
            }

            stream.Write(input, at, input.Length - at);

            var frames = ReadFrames(transport.ToArray());
            var fields = ReadBlock(frames.Single(frame => frame.Type == 1).Payload);
            return fields.SequenceEqual(
                [("x-a", "1"), ("x-b", "2"), ("x-b", "3"), ("x-b", ""), ("x-c", new string('c', 200)), ("x-c", new string('d', 300))])
                && Encoding.ASCII.GetString(frames.Single(frame => frame.Type == 0).Payload) == "payload\u001f";
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Write_BlockGrowsBeyondAFrame_GoesOnInContinuations()
    {
        var values = Enumerable.Range(0, 2000).Select(i => $"{i}").ToArray();
        byte[] input = [.. Preface, .. Frame(1, 5, 3, Block(("x-long-enough-to-grow-the-block", string.Join('\u001f', values))))];
        using var transport = new MemoryStream();
        using var stream = new RepeatedFieldStream(transport);

        stream.Write(input, 0, input.Length);

        var frames = ReadFrames(transport.ToArray());
        Assert.True(frames.Count > 2);
        Assert.Equal((1, 1), (frames[0].Type, frames[0].Flags));
        Assert.All(frames.Skip(1), frame => Assert.Equal(9, frame.Type));
        Assert.All(frames, frame => Assert.InRange(frame.Payload.Length, 1, 16384));
        Assert.Equal([.. Enumerable.Repeat(0, frames.Count - 2), 4], frames.Skip(1).Select(frame => (int)frame.Flags));
        Assert.All(frames, frame => Assert.Equal(3u, frame.Stream));
        Assert.Equal(values, ReadBlock([.. frames.SelectMany(frame => frame.Payload)]).Select(field => field.Value));
    }

    [Fact]
    public void Write_BlockInContinuations_IsRewrittenWhole()
    {
        var block = Block(("x-a", "1\u001f2"), ("x-b", "3"));
        byte[] input = [.. Preface, .. Frame(1, 0, 1, block[..4]), .. Frame(9, 0, 1, block[4..7]), .. Frame(9, 4, 1, block[7..])];
        using var transport = new MemoryStream();
        using var stream = new RepeatedFieldStream(transport);

        stream.Write(input, 0, input.Length);

        var frame = Assert.Single(ReadFrames(transport.ToArray()));
        Assert.Equal((1, 4), (frame.Type, frame.Flags));
        Assert.Equal([("x-a", "1"), ("x-a", "2"), ("x-b", "3")], ReadBlock(frame.Payload));
    }

    [Fact]
    public void Write_DynamicTableField_FailsLoudly()
    {
        byte[] block = [0x40, 1, (byte)'a', 3, (byte)'1', 0x1f, (byte)'2'];
        byte[] input = [.. Preface, .. Frame(1, 4, 1, block)];
        using var stream = new RepeatedFieldStream(new MemoryStream());

        Assert.Throws<IOException>(() => stream.Write(input, 0, input.Length));
    }

    [Fact]
    public void Write_AnyFields_AreSplitAtEverySeparatorInOrder() => Prop.ForAll(Fields().ToArbitrary(), fields =>
    {
        byte[] input = [.. Preface, .. Frame(1, 4, 1, Block([.. fields]))];
        using var transport = new MemoryStream();
        using var stream = new RepeatedFieldStream(transport);

        stream.Write(input, 0, input.Length);

        var block = ReadFrames(transport.ToArray()).SelectMany(frame => frame.Payload).ToArray();
        return ReadBlock(block).SequenceEqual(fields.SelectMany(field => field.Value.Split('\u001f').Select(value => (field.Name, value))));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Write_AnyBytesAsBlock_AreAHeaderBlockOrAnIOException() => Prop.ForAll(
        Gen.OneOf(Gen.Choose(0, 255), Gen.Elements(0, 0x1f, 0x0f, 0x7f, 0x40, 0x80, 0xff)).Select(value => (byte)value).ArrayOf().ToArbitrary(), bytes =>
        {
            byte[] input = [.. Preface, .. Frame(1, 4, 1, bytes)];
            using var transport = new MemoryStream();
            using var stream = new RepeatedFieldStream(transport);
            try
            {
                stream.Write(input, 0, input.Length);
            }
            catch (IOException)
            {
                return true;
            }

            // What holds no separator passes as it is; a split repeats a field's name, no more.
            var output = ReadFrames(transport.ToArray()).SelectMany(frame => frame.Payload).ToArray();
            return bytes.Contains((byte)0x1f) ? output.Length <= (bytes.Length + 1) * (bytes.Length + 1) : output.SequenceEqual(bytes);
        }).QuickCheckThrowOnFailure();

    /// <summary>Names and values of up to a few hundred characters, many of them separators.</summary>
    private static Gen<List<(string Name, string Value)>> Fields()
    {
        var name = Gen.Elements("a", "x-trace-bin", new string('n', 130));
        var value = Gen.OneOf(Gen.Choose(0x20, 0x7e), Gen.Constant(0x1f)).Select(c => (char)c).ListOf().Select(string.Concat);
        var longer = Gen.Choose(100, 400).Select(length => new string('v', length) + "\u001f" + new string('w', length));
        return Gen.OneOf(value, longer).SelectMany(text => name.Select(each => (each, text))).ListOf().Select(fields => fields.ToList());
    }

    private static byte[] Block(params (string Name, string Value)[] fields)
    {
        var block = new List<byte>();
        foreach (var (name, value) in fields)
        {
            block.Add(0);
            Add(name);
            Add(value);
        }

        return [.. block];

        void Add(string text)
        {
            var length = text.Length;
            if (length < 127)
            {
                block.Add((byte)length);
            }
            else
            {
                block.Add(127);
                for (length -= 127; length >= 128; length >>= 7)
                {
                    block.Add((byte)(length | 128));
                }

                block.Add((byte)length);
            }

            block.AddRange(Encoding.ASCII.GetBytes(text));
        }
    }

    private static List<(string Name, string Value)> ReadBlock(byte[] block)
    {
        var at = 0;
        var fields = new List<(string, string)>();
        while (at < block.Length)
        {
            Assert.Equal(0, block[at++]);
            fields.Add((Read(), Read()));
        }

        return fields;

        string Read()
        {
            int length = block[at++];
            if (length == 127)
            {
                for (var shift = 0; ; shift += 7)
                {
                    length += (block[at] & 127) << shift;
                    if ((block[at++] & 128) == 0)
                    {
                        break;
                    }
                }
            }

            at += length;
            return Encoding.ASCII.GetString(block, at - length, length);
        }
    }

    private static byte[] Frame(byte type, byte flags, uint stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteUInt32BigEndian(frame, (uint)payload.Length << 8);
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }

    private static List<(byte Type, byte Flags, uint Stream, byte[] Payload)> ReadFrames(byte[] bytes)
    {
        Assert.Equal(Preface, bytes[..Preface.Length]);
        var frames = new List<(byte, byte, uint, byte[])>();
        for (var at = Preface.Length; at < bytes.Length;)
        {
            var length = (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2];
            frames.Add((bytes[at + 3], bytes[at + 4], BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at + 5)), bytes[(at + 9)..(at + 9 + length)]));
            at += 9 + length;
        }

        return frames;
    }
}

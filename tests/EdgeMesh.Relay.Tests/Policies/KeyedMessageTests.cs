using EdgeMesh.Relay.Policies;
using EdgeMesh.V1;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;

namespace EdgeMesh.Relay.Tests.Policies;

public sealed class KeyedMessageTests
{
    private static readonly MessageShape ByProduct = Shape(new CacheRule { KeyFields = { "product_id", "sizes", "page.token" } });
    private static readonly MessageShape WithoutRequestId = Shape(new CacheRule { IgnoredFields = { "request_id" } });

    [Fact]
    public void TryWrite_FieldsInAnotherOrderOrPacking_SameKey()
    {
        var packed = Make(o =>
        {
            o.Number(1, 7);
            o.Bytes(4, 1, 2, 3);
            o.Bytes(5, [.. Make(p => { p.Text(1, "t"); p.Number(2, 5); })]);
        });
        var mixed = Make(o =>
        {
            o.Bytes(5, [.. Make(p => { p.Number(2, 9); p.Text(1, "t"); })]);
            o.Number(4, 1);
            o.Bytes(4, 2, 3);
            o.Number(1, 7);
        });

        Assert.Equal(Key(ByProduct, packed), Key(ByProduct, mixed));
    }

    [Fact]
    public void TryWrite_KnownFieldThatIsNotKeyed_IsLeftOut() =>
        Assert.Equal(Key(ByProduct, Make(o => o.Number(1, 7))), Key(ByProduct, Make(o => { o.Number(1, 7); o.Text(2, "de"); o.Text(3, "r1"); })));

    [Fact]
    public void TryWrite_KeyedFieldDiffers_AnotherKey()
    {
        Assert.NotEqual(Key(ByProduct, Make(o => o.Number(1, 7))), Key(ByProduct, Make(o => o.Number(1, 8))));
        Assert.NotEqual(Key(ByProduct, Make(o => o.Bytes(4, 1, 2))), Key(ByProduct, Make(o => o.Bytes(4, 2, 1))));
        Assert.NotEqual(Key(ByProduct, Make(o => o.Bytes(5, [.. Make(p => p.Text(1, "t"))]))), Key(ByProduct, Make(o => o.Bytes(5, [.. Make(p => p.Text(1, "u"))]))));
    }

    [Fact]
    public void TryWrite_EqualMapsInAnotherOrder_SameKey()
    {
        var random = new Random(7);
        for (var i = 0; i < 200; i++)
        {
            var names = Enumerable.Range(0, random.Next(1, 33)).Select(n => Make(e => { e.Text(1, $"name {n}"); e.Bytes(2, [.. Make(p => { p.Text(1, $"t{n}"); p.Number(2, n); })]); })).ToArray();
            var numbers = Enumerable.Range(-3, random.Next(1, 20)).Select(n => Make(e => { e.Number(1, n); e.Text(2, $"value {n}"); })).ToArray();
            var (first, again) = (Message(), Message());

            Assert.Equal(Key(WithoutRequestId, first), Key(WithoutRequestId, again));

            byte[] Message()
            {
                var fields = names.Select(entry => (Number: 11, Entry: entry)).Concat(numbers.Select(entry => (Number: 12, Entry: entry))).ToArray();
                random.Shuffle(fields);
                return Make(o => Array.ForEach(fields, field => o.Bytes(field.Number, field.Entry)));
            }
        }
    }

    [Theory]
    [InlineData(12, "0801 120161", "0802 120161", "0801 120161", "0802 120162")] // Other values.
    [InlineData(12, "0801 120161", "0801 120162", "0801 120162", "0801 120161")] // A key twice: the last counts.
    [InlineData(12, "088100 120161", "0801 120162", "0801 120162", "088100 120161")] // The same key, written longer.
    [InlineData(12, "088180808010 120161", "0801 120162", "0801 120162", "088180808010 120161")] // The same key in 32 bits.
    [InlineData(13, "0801 120161", "0802 120162", "0802 120162", "0801 120161")] // True in two ways.
    [InlineData(12, "120161", "0800 120162", "0800 120162", "120161")] // No key is the key 0.
    [InlineData(12, "0a0161 120161", "0800 120162", "0800 120162", "0a0161 120161")] // Nor is one of another type.
    [InlineData(12, "120161 0801", "0801 120162", "0801 120162", "120161 0801")]
    [InlineData(12, "0801 0802 120161", "0802 120162", "0802 120162", "0801 0802 120161")]
    public void TryWrite_MapsThatMayDiffer_AnotherKey(int number, string first, string second, string otherFirst, string otherSecond) =>
        Assert.NotEqual(Key(WithoutRequestId, Make(o => { o.Bytes(number, Hex(first)); o.Bytes(number, Hex(second)); })), Key(WithoutRequestId, Make(o => { o.Bytes(number, Hex(otherFirst)); o.Bytes(number, Hex(otherSecond)); })));

    [Fact]
    public void TryWrite_MapLargerThanTheBound_IsComparedAsItComes()
    {
        byte[][] entries = [.. Enumerable.Range(0, MapEntries.Max + 1).Select(n => Make(e => { e.Number(1, n); e.Text(2, "v"); }))];

        Assert.NotEqual(Key(WithoutRequestId, Make(o => Array.ForEach(entries, entry => o.Bytes(12, entry)))), Key(WithoutRequestId, Make(o => Array.ForEach([.. entries.Reverse()], entry => o.Bytes(12, entry)))));
    }

    [Fact]
    public void TryWrite_UnknownField_StaysWhereItIs()
    {
        var known = Make(o => o.Number(1, 7));

        Assert.NotEqual(Key(ByProduct, known), Key(ByProduct, Make(o => { o.Number(1, 7); o.Text(90, "new"); })));
        Assert.NotEqual(Key(ByProduct, Make(o => { o.Number(1, 7); o.Text(90, "new"); })), Key(ByProduct, Make(o => { o.Text(90, "new"); o.Number(1, 7); })));

        // A number that the type has, in a wire type that it does not have: parsers take that for an unknown field.
        Assert.NotEqual(Key(WithoutRequestId, known), Key(WithoutRequestId, Make(o => { o.Number(1, 7); o.Number(3, 1); })));
    }

    [Fact]
    public void TryWrite_TwoFieldsOfAOneof_TheLastOnTheWireCounts()
    {
        var aLast = Make(o => { o.Text(7, "x"); o.Text(6, "y"); });
        var bLast = Make(o => { o.Text(6, "y"); o.Text(7, "x"); });
        var keyedByA = Shape(new CacheRule { KeyFields = { "a" } });

        Assert.NotEqual(Key(WithoutRequestId, aLast), Key(WithoutRequestId, bLast));

        // b is left out of the key; that it came last unsets a.
        Assert.NotEqual(Key(keyedByA, Make(o => o.Text(6, "y"))), Key(keyedByA, bLast));
        Assert.NotEqual(Key(keyedByA, aLast), Key(keyedByA, bLast));
        Assert.Equal(Key(keyedByA, bLast), Key(keyedByA, Make(o => { o.Text(6, "y"); o.Text(7, "another"); })));
    }

    [Fact]
    public void TryWrite_NumbersWithoutADescriptor_LeaveTheirTags()
    {
        var blind = new MessageShape(LayoutMaker.MakeBlind([["3"], ["5", "2"]]));

        Assert.Equal(Key(blind, Make(o => { o.Number(1, 7); o.Text(3, "r1"); })), Key(blind, Make(o => { o.Number(1, 7); o.Text(3, "r2"); })));
        Assert.NotEqual(Key(blind, Make(o => { o.Number(1, 7); o.Text(3, "r1"); })), Key(blind, Make(o => o.Number(1, 7))));
        Assert.NotEqual(Key(blind, Make(o => { o.Number(1, 7); o.Number(2, 1); })), Key(blind, Make(o => { o.Number(2, 1); o.Number(1, 7); })));
        Assert.Equal(Key(blind, Make(o => o.Bytes(5, 16, 1))), Key(blind, Make(o => o.Bytes(5, 16, 2))));
    }

    [Theory]
    [InlineData("08")]
    [InlineData("00")]
    [InlineData("0a05616263")]
    [InlineData("0c")]
    [InlineData("0b")]
    [InlineData("0b14")]
    [InlineData("0f")]
    [InlineData("08ffffffffffffffffff7f")]
    [InlineData("2a020a05")]
    [InlineData("0affffffff0f")]
    public void TryWrite_Malformed_HasNoKeyOfItsOwn(string hex) => Assert.Null(Key(ByProduct, Convert.FromHexString(hex)));

    [Fact]
    public void TryWrite_ManyFields_InOrderOfNumberAndThenAsTheyCame()
    {
        var message = Make(o =>
        {
            for (var i = 0; i < 5000; i++)
            {
                o.Number(i % 2 == 0 ? 1 : 4, i);
            }
        });
        var ordered = Make(o =>
        {
            for (var i = 0; i < 5000; i += 2)
            {
                o.Number(1, i);
            }

            for (var i = 1; i < 5000; i += 2)
            {
                o.Number(4, i);
            }
        });

        Assert.Equal(Key(ByProduct, ordered), Key(ByProduct, message));
    }

    [Fact]
    public void TryWrite_SmallMessage_AllocatesNothing()
    {
        var message = Make(o => { o.Text(3, "r1"); o.Number(1, 7); o.Number(4, 3); o.Bytes(5, [.. Make(p => { p.Number(2, 9); p.Text(1, "t"); })]); });
        var to = new byte[KeyedMessage.MaxLength(message.Length)];
        KeyedMessage.TryWrite(ByProduct, message, to, out _);

        var before = GC.GetAllocatedBytesForCurrentThread();
        KeyedMessage.TryWrite(ByProduct, message, to, out _);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    /// <summary>Two messages that get one key mean the same, ignored fields aside; and no bytes break the walk.</summary>
    [Fact]
    public void TryWrite_AnyBytes_SameKeyOnlyForTheSameMeaning()
    {
        // Few numbers and small values, so that keys often meet.
        var bytes = Gen.Choose(0, 9).ListOf().Select(parts => parts.SelectMany(part => Parts[part]).ToArray());
        Prop.ForAll(Arb.From(bytes), Arb.From(bytes), (left, right) =>
        {
            var (one, other) = (Key(ByProduct, left), Key(ByProduct, right));
            return one is null || other is null || !one.AsSpan().SequenceEqual(other) || Meaning(left) == Meaning(right);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    [Fact]
    public void TryWrite_RandomBytes_FitsAndNeverThrows() =>
        Prop.ForAll<byte[]>(bytes =>
        {
            foreach (var shape in new[] { ByProduct, WithoutRequestId })
            {
                KeyedMessage.TryWrite(shape, bytes, new byte[KeyedMessage.MaxLength(bytes.Length)], out _);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    private static readonly byte[][] Parts =
    [
        [0x08, 1], [0x08, 2], [0x12, 1, 65], [0x20, 1], [0x22, 2, 1, 2], [0x2A, 3, 0x0A, 1, 66], [0x2A, 2, 0x10, 7], [0x32, 1, 65], [0x3A, 1, 66], [0x9A, 0x06, 0],
    ];

    /// <summary>What a parser makes of a message's keyed fields, ignored ones aside; each occurrence of a message field on its own, which tells more apart than it must.</summary>
    private static string Meaning(byte[] message)
    {
        var (product, sizes, choice, pages, unknown) = ("", "", "", "", "");
        var fields = new WireFields(message);
        while (fields.MoveNext())
        {
            var value = Convert.ToHexString(fields.Value);
            switch (fields.Number)
            {
                case 1:
                    product = value;
                    break;
                case 4:
                    sizes += value;
                    break;
                case 5:
                    pages += value == "1007" ? "|" : "|" + value;
                    break;
                case 6 or 7:
                    // Neither is keyed: what counts is nothing.
                    choice = "";
                    break;
                case 99:
                    unknown += value;
                    break;
            }
        }

        return $"{product}/{sizes}/{choice}/{pages}/{unknown}/{fields.IsBroken}";
    }

    private static byte[] Make(Action<CodedOutputStream> write) => CatalogTypes.Message(write);

    private static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", "", StringComparison.Ordinal));

    private static MessageShape Shape(CacheRule rule)
    {
        rule.Methods.Add(CatalogTypes.Get);
        return CatalogTypes.Model(rule).Find("/" + CatalogTypes.Get).Active!.Request!;
    }

    private static byte[]? Key(MessageShape shape, byte[] message)
    {
        var to = new byte[KeyedMessage.MaxLength(message.Length)];
        return KeyedMessage.TryWrite(shape, message, to, out var written) ? to[..written] : null;
    }
}

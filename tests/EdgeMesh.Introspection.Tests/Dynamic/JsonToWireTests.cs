using EdgeMesh.Introspection.Tests.Protos;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace EdgeMesh.Introspection.Tests;

public class JsonToWireTests
{
    private static readonly ProtoJson Dynamic = new(TestTypes.Set);
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithTypeRegistry(TestTypes.Registry));

    [Theory]
    [InlineData("""{"anInt32": 1}""")]
    [InlineData("""{"an_int32": 1.0}""")]
    [InlineData("""{"anInt32": "1"}""")]
    [InlineData("""{"anInt32": 10e-1}""")]
    [InlineData("""{"anInt32": "0.1e1", "aChild": null, "manyInt32": null}""")]
    public void ToWire_IntegerInAnyForm_IsExact(string json) => Assert.Equal(1, Parse(json).AnInt32);

    [Fact]
    public void ToWire_LargestIntegers_AreExact()
    {
        var message = Parse("""{"anInt64": "-9223372036854775808", "aUint64": 18446744073709551615, "aFixed64": "1.8446744073709551615e19"}""");

        Assert.Equal((long.MinValue, ulong.MaxValue, ulong.MaxValue), (message.AnInt64, message.AUint64, message.AFixed64));
    }

    [Theory]
    [InlineData("-_8=")]
    [InlineData("-_8")]
    [InlineData("+/8=")]
    [InlineData("+/8")]
    public void ToWire_Base64InAnyForm_IsDecoded(string text) => Assert.Equal(ByteString.CopyFrom(0xFB, 0xFF), Parse($$"""{"aBytes": "{{text}}"}""").ABytes);

    [Theory]
    [InlineData("COLOR_NEGATIVE", -3)]
    [InlineData("COLOR_RED", 1)]
    public void ToWire_EnumByNameOrNumber_IsTheSame(string name, int number)
    {
        Assert.Equal(number, (int)Parse($$"""{"aColor": "{{name}}"}""").AColor);
        Assert.Equal(number, (int)Parse($$"""{"aColor": {{number}}}""").AColor);
    }

    [Fact]
    public void ToWire_NullWhereItIsAValue_IsKept()
    {
        Assert.Equal(Everything.ChoiceOneofCase.ChosenNull, Parse("""{"chosenNull": null}""").ChoiceCase);
        Assert.Equal(Value.KindOneofCase.NullValue, Parse("""{"aValue": null}""").AValue.KindCase);
        Assert.Equal(Value.KindOneofCase.NullValue, Parse("""{"manyValues": [null]}""").ManyValues[0].KindCase);
        Assert.Null(Parse("""{"wrappedInt32": null}""").WrappedInt32);
    }

    [Fact]
    public void ToWire_FieldsInAnyOrder_GiveTheSameBytesInOrderOfNumber()
    {
        var bytes = Dynamic.ToWire(TestTypes.Everything, """{"aString": "x", "anInt32": 3}""");

        Assert.Equal(new Everything { AnInt32 = 3, AString = "x" }.ToByteArray(), bytes);
        Assert.Equal(bytes, Dynamic.ToWire(TestTypes.Everything, """{"anInt32": 3, "aString": "x"}"""));
    }

    [Fact]
    public void ToWire_OptionalFieldWithItsDefault_IsWritten()
    {
        Assert.True(Parse("""{"maybeInt32": 0}""").HasMaybeInt32);
        Assert.Empty(Dynamic.ToWire(TestTypes.Everything, """{"anInt32": 0, "aString": "", "aColor": 0}"""));
    }

    [Fact]
    public void ToWire_TimeWithOffset_IsUtc() =>
        Assert.Equal(new Timestamp { Seconds = 3600 - 60, Nanos = 250_000_000 }, Parse("""{"aTime": "1970-01-01T02:59:00.25+02:00"}""").ATime);

    [Fact]
    public void ToWire_ProtoTwoGroupsAndExtensions_AreWritten()
    {
        var wire = Dynamic.ToWire(TestTypes.Legacy, """
            {"name": "n", "unpacked": [1, 2], "part": [{"label": "l", "inner": {"name": "i"}}],
             "[edgemesh.tests.nickname]": "nick", "[edgemesh.tests.Scope.marks]": [4]}
            """);

        var expected = new Legacy { Name = "n", Unpacked = { 1, 2 }, Part = { new Legacy.Types.Part { Label = "l", Inner = new Legacy { Name = "i" } } } };
        expected.SetExtension(LegacyExtensions.Nickname, "nick");
        expected.GetOrInitializeExtension(Scope.Extensions.Marks).Add(4);
        Assert.Equal(expected.ToByteArray(), wire);
    }

    [Theory]
    [InlineData("""{"manyChildren": [{}, {"anInt32": "abc"}]}""", """$.manyChildren[1].anInt32: expected int32, got "abc" """)]
    [InlineData("""{"anInt32": 2147483648}""", "$.anInt32: expected int32, got 2147483648")]
    [InlineData("""{"anInt32": 1.5}""", "$.anInt32: expected int32, got 1.5")]
    [InlineData("""{"anInt32": "01"}""", """$.anInt32: expected int32, got "01" """)]
    [InlineData("""{"aUint32": -1}""", "$.aUint32: expected uint32, got -1")]
    [InlineData("""{"aFloat": 1e39}""", "$.aFloat: expected float, got 1e39")]
    [InlineData("""{"aDouble": 1e400}""", "$.aDouble: expected double, got 1e400")]
    [InlineData("""{"aBool": "true"}""", """$.aBool: expected bool, got "true" """)]
    [InlineData("""{"aString": 1}""", "$.aString: expected string, got 1")]
    [InlineData("""{"aBytes": "a"}""", """$.aBytes: expected base64, got "a" """)]
    [InlineData("""{"aColor": "BLUE"}""", """$.aColor: expected a value of edgemesh.tests.Color, got "BLUE" """)]
    [InlineData("""{"nothing": 1}""", "$.nothing: edgemesh.tests.Everything has no such field")]
    [InlineData("""{"anInt32": 1, "an_int32": 2}""", "$.an_int32: given twice")]
    [InlineData("""{"chosenInt64": "1", "chosenString": "x"}""", """$.chosenString: oneof "choice" already has "chosenInt64" """)]
    [InlineData("""{"byInt32": {"x": "y"}}""", """$.byInt32.x: expected a key of type int32, got "x" """)]
    [InlineData("""{"byString": {"a b": null}}""", """$.byString["a b"]: null within a map""")]
    [InlineData("""{"manyInt32": [null]}""", "$.manyInt32[0]: null within an array")]
    [InlineData("""{"manyInt32": 1}""", "$.manyInt32: expected an array, got 1")]
    [InlineData("""{"aTime": "yesterday"}""", """$.aTime: expected an RFC 3339 time from year 1 to 9999, got "yesterday" """)]
    [InlineData("""{"aDuration": "1.5"}""", """$.aDuration: expected a duration ("1.5s") of at most 315576000000 s, got "1.5" """)]
    [InlineData("""{"aMask": "a_b"}""", """$.aMask: expected a field mask in lower camel case ("a,b.cD"), got "a_b" """)]
    [InlineData("""{"anAny": {"@type": "type.googleapis.com/no.Such"}}""", """$.anAny: type "type.googleapis.com/no.Such" is not known here""")]
    [InlineData("""{"anAny": {"value": 1}}""", """$.anAny: an Any needs a string "@type" """)]
    [InlineData("""{"aString": "\ud800"}""", "$.aString: half of a surrogate pair in a string")]
    [InlineData("[]", "$: expected an object (edgemesh.tests.Everything), got []")]
    public void ToWire_WrongValue_SaysWhereAndWhat(string json, string problem) =>
        Assert.Equal(problem.TrimEnd(), Assert.Throws<ProtoJsonException>(() => Dynamic.ToWire(TestTypes.Everything, json)).Message);

    [Fact]
    public void ToWire_RequiredFieldMissing_Fails() =>
        Assert.Equal("$: required field \"name\" is missing", Assert.Throws<ProtoJsonException>(() => Dynamic.ToWire(TestTypes.Legacy, "{}")).Message);

    [Fact]
    public void ToWire_IgnoreUnknownFields_SkipsThem() =>
        Assert.Equal(new byte[] { 0x18, 1 }, new ProtoJson(TestTypes.Set, new ProtoJsonOptions { IgnoreUnknownFields = true }).ToWire(TestTypes.Everything, """{"x": {}, "anInt32": 1}"""));

    [Fact]
    public void ToWire_NestedPastTheLimit_Fails()
    {
        static string Nest(int children) => string.Concat(Enumerable.Repeat("""{"aChild":""", children)) + "{}" + new string('}', children);

        Assert.NotEmpty(Dynamic.ToWire(TestTypes.Everything, Nest(99)));
        Assert.EndsWith("messages nested deeper than 100", Assert.Throws<ProtoJsonException>(() => Dynamic.ToWire(TestTypes.Everything, Nest(100))).Message, StringComparison.Ordinal);
        Assert.Throws<ProtoJsonException>(() => Dynamic.ToWire(TestTypes.Everything, Nest(100_000)));
    }

    [Fact]
    public void ToWire_PastTheSizeLimit_Fails() =>
        Assert.Equal("$: 27 characters, more than the limit of 16", Assert.Throws<ProtoJsonException>(
            () => new ProtoJson(TestTypes.Set, new ProtoJsonOptions { MaxBytes = 16 }).ToWire(TestTypes.Everything, """{"aString": "0123456789ab"}""")).Message);

    [Fact]
    public void ToWire_MutatedJson_NeverFailsInAnotherWay() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll<int>(seed =>
    {
        const string Pieces = "\"\\{}[]:,01e-.u@\0\ud800";
        var random = new Random(seed);
        var json = Formatter.Format(new Everything { AString = "\\ud800", ADouble = 1e9, AnAny = Any.Pack(new Everything { ABool = true }), Renamed = "ü", ManyInt32 = { 1, 2 }, ByString = { ["k"] = 1 }, AMask = new FieldMask() }).ToCharArray();
        for (var i = random.Next(1, 5); i > 0; i--)
        {
            json[random.Next(json.Length)] = Pieces[random.Next(Pieces.Length)];
        }

        try
        {
            Everything.Parser.ParseFrom(Dynamic.ToWire(TestTypes.Everything, new string(json)));
        }
        catch (ProtoJsonException)
        {
            // What it must say for most of these.
        }
    }));

    private static Everything Parse(string json) => Everything.Parser.ParseFrom(Dynamic.ToWire(TestTypes.Everything, json));
}

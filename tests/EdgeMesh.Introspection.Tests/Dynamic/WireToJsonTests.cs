using EdgeMesh.Introspection.Tests.Protos;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace EdgeMesh.Introspection.Tests;

public class WireToJsonTests
{
    private static readonly ProtoJson Dynamic = new(TestTypes.Set);

    [Fact]
    public void ToJson_UnknownFields_AreLeftOutAndCounted()
    {
        var wire = new Everything { AnInt32 = 1, AString = "new", ByString = { ["a"] = 1 } }.ToByteArray();

        var json = Dynamic.ToJson(TestTypes.Set.FindMessage("edgemesh.tests.Little")!, wire, out var unknown);

        Assert.Equal("""{"anInt32":1}""", json);
        Assert.Equal(2, unknown);
    }

    [Fact]
    public void ToJson_PackedAndUnpackedParts_MakeOneList()
    {
        // many_int32 (30) unpacked 1, packed 2 3; many_unpacked (31, sint64) packed -1 1.
        byte[] wire = [0xF0, 1, 1, 0xF2, 1, 2, 2, 3, 0xFA, 1, 2, 1, 2];

        Assert.Equal("""{"manyInt32":[1,2,3],"manyUnpacked":["-1","1"]}""", Dynamic.ToJson(TestTypes.Everything, wire));
    }

    [Fact]
    public void ToJson_SplitMessage_IsMerged()
    {
        byte[] wire = [.. new Everything { AChild = new Everything { AnInt32 = 1, ManyInt32 = { 1 } } }.ToByteArray(), .. new Everything { AChild = new Everything { AnInt32 = 2, ManyInt32 = { 2 } } }.ToByteArray()];

        Assert.Equal("""{"aChild":{"anInt32":2,"manyInt32":[1,2]}}""", Dynamic.ToJson(TestTypes.Everything, wire));
    }

    [Fact]
    public void ToJson_OneofTwice_KeepsTheLast()
    {
        byte[] wire = [.. new Everything { ChosenChild = new Everything { AnInt32 = 1 } }.ToByteArray(), .. new Everything { ChosenString = "x" }.ToByteArray()];

        Assert.Equal("""{"chosenString":"x"}""", Dynamic.ToJson(TestTypes.Everything, wire));
    }

    [Fact]
    public void ToJson_MapKeyTwice_KeepsTheLast()
    {
        byte[] wire = [.. new Everything { ByString = { ["a"] = 1, ["b"] = 2 } }.ToByteArray(), .. new Everything { ByString = { ["a"] = 3 } }.ToByteArray()];

        Assert.Equal("""{"byString":{"a":3,"b":2}}""", Dynamic.ToJson(TestTypes.Everything, wire));
    }

    [Fact]
    public void ToJson_GroupsAndExtensions_AreWritten()
    {
        var message = new Legacy { Name = "n", Part = { new Legacy.Types.Part { Label = "l", Inner = new Legacy { Name = "i" } } } };
        message.SetExtension(LegacyExtensions.Nickname, "nick");

        Assert.Equal("""{"name":"n","part":[{"label":"l","inner":{"name":"i"}}],"[edgemesh.tests.nickname]":"nick"}""", Dynamic.ToJson(TestTypes.Legacy, message.ToByteArray()));
    }

    [Fact]
    public void ToJson_AnyOfUnknownType_KeepsItsBytesAndComesBack()
    {
        var message = new Everything { AnAny = new Any { TypeUrl = "x/no.Such", Value = ByteString.CopyFrom(1, 2) } };

        var json = Dynamic.ToJson(TestTypes.Everything, message.ToByteArray());

        Assert.Equal("""{"anAny":{"@type":"x/no.Such","@value":"AQI="}}""", json);
        Assert.Equal(message.ToByteArray(), Dynamic.ToWire(TestTypes.Everything, json));
    }

    [Fact]
    public void ToJson_PreserveFieldNames_WritesOriginalNames() =>
        Assert.Equal("""{"an_int32":1}""", new ProtoJson(TestTypes.Set, new ProtoJsonOptions { PreserveFieldNames = true }).ToJson(TestTypes.Everything, new byte[] { 0x18, 1 }));

    [Theory]
    [InlineData("18", "$: not a edgemesh.tests.Everything: the bytes end within a value that begins before byte 1 of 1")]
    [InlineData("7205", "$: not a edgemesh.tests.Everything: the bytes end within a value that begins before byte 2 of 2")]
    [InlineData("7201FF", "$.aString: the string is not UTF-8")]
    [InlineData("00", "$: not a edgemesh.tests.Everything: a tag of 0 at byte 0 is no field")]
    [InlineData("1F", "$: not a edgemesh.tests.Everything: wire type 7 at byte 0 does not exist")]
    [InlineData("1C", "$: not a edgemesh.tests.Everything: the end of group 3 before byte 1 has no start")]
    [InlineData("F2010180", "$.manyInt32[0]: packed list: the bytes end within a value that begins before byte 1 of 1")]
    [InlineData("B2040708FFFFFFFFFF7F", "$.aTime: no timestamp from year 1 to 9999: 4398046511103 s, 0 ns")]
    public void ToJson_MalformedBytes_SaysWhereAndWhat(string hex, string problem) =>
        Assert.Equal(problem, Assert.Throws<ProtoJsonException>(() => Dynamic.ToJson(TestTypes.Everything, Convert.FromHexString(hex))).Message);

    [Fact]
    public void ToJson_NestedPastTheLimit_Fails()
    {
        var message = new Everything();
        for (var i = 0; i < 100; i++)
        {
            message = new Everything { AChild = message };
        }

        Assert.NotEmpty(Dynamic.ToJson(TestTypes.Everything, message.AChild.ToByteArray()));
        Assert.Throws<ProtoJsonException>(() => Dynamic.ToJson(TestTypes.Everything, message.ToByteArray()));
        Assert.Throws<ProtoJsonException>(() => Dynamic.ToJson(TestTypes.Legacy, Enumerable.Repeat((byte)0x23, 100_000).ToArray()));
    }

    [Fact]
    public void ToJson_DefaultsPastTheSizeLimit_Fails()
    {
        // 2 bytes on the wire become some 700 of JSON.
        var message = new Everything();
        message.ManyChildren.Add(Enumerable.Repeat(new Everything(), 1000));
        var dynamic = new ProtoJson(TestTypes.Set, new ProtoJsonOptions { EmitDefaults = true, MaxBytes = 20_000 });

        Assert.EndsWith("more than 20000 bytes of JSON", Assert.Throws<ProtoJsonException>(() => dynamic.ToJson(TestTypes.Everything, message.ToByteArray())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ToJson_MutatedBytes_NeverFailsInAnotherWay() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000), Prop.ForAll<int>(seed =>
    {
        var random = new Random(seed);
        var wire = new RandomMessages(seed).Next<Everything>().ToByteArray();
        for (var i = random.Next(1, 5); i > 0 && wire.Length > 0; i--)
        {
            wire[random.Next(wire.Length)] = (byte)random.Next(256);
        }

        try
        {
            Dynamic.ToJson(TestTypes.Everything, wire.AsMemory(0, random.Next(wire.Length + 1)));
        }
        catch (ProtoJsonException)
        {
            // What it must say for most of these.
        }
    }));
}

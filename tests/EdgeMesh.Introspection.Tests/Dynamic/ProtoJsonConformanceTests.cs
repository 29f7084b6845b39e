using System.Text.Json.Nodes;
using EdgeMesh.Introspection.Tests.Protos;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;

namespace EdgeMesh.Introspection.Tests;

/// <summary>Google.Protobuf's own formatter and parser, on generated types, are the reference for random messages.</summary>
public class ProtoJsonConformanceTests
{
    private static readonly ProtoJson Dynamic = new(TestTypes.Set);
    private static readonly JsonParser Parser = new(new JsonParser.Settings(100, TestTypes.Registry));
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithTypeRegistry(TestTypes.Registry));
    private static readonly JsonFormatter DefaultsFormatter = new(JsonFormatter.Settings.Default.WithTypeRegistry(TestTypes.Registry).WithFormatDefaultValues(true));

    [Fact]
    public void ToWire_RandomMessageFormattedByReference_IsReadBackByReference() => ForRandomMessages(message =>
    {
        var wire = Dynamic.ToWire(TestTypes.Everything, Formatter.Format(message));

        Assert.Equal(message, Everything.Parser.ParseFrom(wire));
    });

    [Fact]
    public void ToJson_RandomMessageSerializedByReference_IsReadBackByReference() => ForRandomMessages(message =>
    {
        var json = Dynamic.ToJson(TestTypes.Everything, message.ToByteArray(), out var unknown);

        Assert.Equal(message, Parser.Parse<Everything>(json));
        Assert.Equal(0, unknown);
    });

    [Fact]
    public void ToJson_RandomMessage_IsTheReferenceJson() => ForRandomMessages(message =>
        AssertSameJson(Formatter.Format(message), Dynamic.ToJson(TestTypes.Everything, message.ToByteArray())));

    [Fact]
    public void ToJson_EmitDefaults_IsTheReferenceJson()
    {
        var dynamic = new ProtoJson(TestTypes.Set, new ProtoJsonOptions { EmitDefaults = true });
        ForRandomMessages(message => AssertSameJson(DefaultsFormatter.Format(message), dynamic.ToJson(TestTypes.Everything, message.ToByteArray())));
    }

    private static void ForRandomMessages(Action<Everything> check) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll<int>(seed => check(new RandomMessages(seed).Next<Everything>())));

    private static void AssertSameJson(string expected, string actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual)), $"expected {expected}\nactual   {actual}");
}

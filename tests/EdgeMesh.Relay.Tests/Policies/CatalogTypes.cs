using EdgeMesh.Relay.Policies;
using EdgeMesh.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Label = Google.Protobuf.Reflection.FieldDescriptorProto.Types.Label;
using Type = Google.Protobuf.Reflection.FieldDescriptorProto.Types.Type;

namespace EdgeMesh.Relay.Tests.Policies;

/// <summary>A service for policies to name, and messages for it, made without a compiler.</summary>
internal static class CatalogTypes
{
    public const string Get = "shop.v1.Catalog/Get";
    public const string List = "shop.v1.Catalog/List";

    private static readonly FileDescriptor File = Build();

    /// <summary><c>int64 product_id = 1; string lang = 2; string request_id = 3; repeated int32 sizes = 4; Page page = 5; oneof choice { string a = 6; string b = 7; } sint32 shift = 9; optional int32 shop = 10; repeated Page pages = 70; map&lt;string, Page&gt; by_name = 11; map&lt;int32, string&gt; by_number = 12; map&lt;bool, string&gt; by_flag = 13;</c></summary>
    public static MessageDescriptor GetRequest => File.MessageTypes[0];

    /// <summary><c>string token = 1; uint32 size = 2;</c></summary>
    public static MessageDescriptor Page => File.MessageTypes[1];

    /// <summary><c>int64 id = 1; repeated string categories = 2; Page page = 3; double price = 4;</c></summary>
    public static MessageDescriptor Product => File.MessageTypes[2];

    /// <summary><c>string shelf = 1;</c></summary>
    public static MessageDescriptor ListRequest => File.MessageTypes[3];

    public static Dictionary<string, MethodTypes> Methods(CacheRule? option = null) => new()
    {
        [Get] = new MethodTypes(GetRequest, Product, IsUnary: true, option),
        [List] = new MethodTypes(ListRequest, Product, IsUnary: true, null),
    };

    /// <summary>What nodes follow of rules, which must be right.</summary>
    public static PolicyModel Model(params CacheRule[] rules)
    {
        var policy = new Policy { Rules = { rules } };
        Assert.Empty(PolicyRules.Check(policy));
        var resolution = PolicyResolver.Resolve(policy, 1, Methods());
        Assert.Empty(resolution.Faults);
        return new PolicyModel(resolution.Effective);
    }

    public static byte[] Message(Action<CodedOutputStream> write)
    {
        using var memory = new MemoryStream();
        using (var output = new CodedOutputStream(memory))
        {
            write(output);
        }

        return memory.ToArray();
    }

    public static void Text(this CodedOutputStream output, int number, string value)
    {
        output.WriteTag(number, WireFormat.WireType.LengthDelimited);
        output.WriteString(value);
    }

    public static void Number(this CodedOutputStream output, int number, long value)
    {
        output.WriteTag(number, WireFormat.WireType.Varint);
        output.WriteInt64(value);
    }

    public static void Bytes(this CodedOutputStream output, int number, params byte[] value)
    {
        output.WriteTag(number, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(value));
    }

    private static FileDescriptor Build()
    {
        var request = new DescriptorProto
        {
            Name = "GetRequest",
            OneofDecl = { new OneofDescriptorProto { Name = "choice" }, new OneofDescriptorProto { Name = "_shop" } },
            Field =
            {
                Field("product_id", 1, Type.Int64), Field("lang", 2, Type.String), Field("request_id", 3, Type.String), Field("sizes", 4, Type.Int32, isRepeated: true),
                Field("page", 5, Type.Message, type: ".shop.v1.Page"), Field("a", 6, Type.String, oneof: 0), Field("b", 7, Type.String, oneof: 0), Field("shift", 9, Type.Sint32),
                Field("shop", 10, Type.Int32, oneof: 1, isOptional: true), Field("pages", 70, Type.Message, isRepeated: true, type: ".shop.v1.Page"),
                Field("by_name", 11, Type.Message, isRepeated: true, type: ".shop.v1.GetRequest.ByNameEntry"), Field("by_number", 12, Type.Message, isRepeated: true, type: ".shop.v1.GetRequest.ByNumberEntry"),
                Field("by_flag", 13, Type.Message, isRepeated: true, type: ".shop.v1.GetRequest.ByFlagEntry"),
            },
            NestedType =
            {
                Entry("ByNameEntry", Type.String, Field("value", 2, Type.Message, type: ".shop.v1.Page")), Entry("ByNumberEntry", Type.Int32, Field("value", 2, Type.String)), Entry("ByFlagEntry", Type.Bool, Field("value", 2, Type.String)),
            },
        };
        var page = new DescriptorProto { Name = "Page", Field = { Field("token", 1, Type.String), Field("size", 2, Type.Uint32) } };
        var product = new DescriptorProto
        {
            Name = "Product",
            Field = { Field("id", 1, Type.Int64), Field("categories", 2, Type.String, isRepeated: true), Field("page", 3, Type.Message, type: ".shop.v1.Page"), Field("price", 4, Type.Double) },
        };
        var list = new DescriptorProto { Name = "ListRequest", Field = { Field("shelf", 1, Type.String) } };
        var file = new FileDescriptorProto { Name = "shop/v1/catalog.proto", Package = "shop.v1", Syntax = "proto3", MessageType = { request, page, product, list } };
        return FileDescriptor.BuildFromByteStrings([file.ToByteString()])[0];
    }

    private static DescriptorProto Entry(string name, Type key, FieldDescriptorProto value) => new() { Name = name, Field = { Field("key", 1, key), value }, Options = new MessageOptions { MapEntry = true } };

    private static FieldDescriptorProto Field(string name, int number, Type kind, bool isRepeated = false, string? type = null, int? oneof = null, bool isOptional = false)
    {
        var field = new FieldDescriptorProto { Name = name, JsonName = name, Number = number, Type = kind, Label = isRepeated ? Label.Repeated : Label.Optional };
        if (type is not null)
        {
            field.TypeName = type;
        }

        if (oneof is { } index)
        {
            field.OneofIndex = index;
        }

        if (isOptional)
        {
            field.Proto3Optional = true;
        }

        return field;
    }
}

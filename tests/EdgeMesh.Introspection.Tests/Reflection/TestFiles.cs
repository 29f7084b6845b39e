using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace EdgeMesh.Introspection.Tests;

/// <summary>Descriptor files made by hand: two servers' files of one name cannot both be compiled into one program.</summary>
internal static class TestFiles
{
    /// <summary>A proto3 file.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="package">Its package.</param>
    /// <param name="imports">What it imports.</param>
    /// <param name="messages">Its messages, each with a string field 1 of the given name, or a field "part" of another type when that begins with a dot.</param>
    /// <param name="service">Its service, with a unary method "Call" of its first message; null: none.</param>
    public static DescriptorFile Create(string name, string package, string[] imports, (string Message, string Field)[] messages, string? service = null)
    {
        var proto = new FileDescriptorProto { Name = name, Package = package, Syntax = "proto3", Dependency = { imports }, MessageType = { messages.Select(MessageOf) } };
        if (service is not null)
        {
            var type = $".{package}.{messages[0].Message}";
            proto.Service.Add(new ServiceDescriptorProto { Name = service, Method = { new MethodDescriptorProto { Name = "Call", InputType = type, OutputType = type } } });
        }

        return DescriptorFile.Parse(proto.ToByteString());
    }

    public static DescriptorPool Pool(params DescriptorFile[] files)
    {
        var pool = new DescriptorPool();
        foreach (var file in files)
        {
            pool.Add(file);
        }

        return pool;
    }

    /// <summary>A service under a package, whose message has a Money from <c>common.proto</c>; Money's one field tells whose it is.</summary>
    public static DescriptorPool WithOwnCommon(string package, string service, string moneyField) => Pool(
        Create("common.proto", "common", [], [("Money", moneyField)]),
        Create($"{service}.proto", package, ["common.proto"], [("Request", ".common.Money")], service));

    private static DescriptorProto MessageOf((string Message, string Field) message)
    {
        var field = new FieldDescriptorProto { Name = message.Field, Number = 1, Label = FieldDescriptorProto.Types.Label.Optional, Type = FieldDescriptorProto.Types.Type.String };
        if (message.Field is ['.', ..])
        {
            field.Name = "part";
            field.Type = FieldDescriptorProto.Types.Type.Message;
            field.TypeName = message.Field;
        }

        return new DescriptorProto { Name = message.Message, Field = { field } };
    }
}

using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace EdgeMesh.Introspection.Tests;

public class FieldTraitsTests
{
    [Fact]
    public void Of_EditionTwentyTwentyThree_FollowsFeatures()
    {
        var proto = new FileDescriptorProto
        {
            Name = "e.proto",
            Syntax = "editions",
            MessageType =
            {
                new DescriptorProto
                {
                    Name = "M",
                    Field =
                    {
                        Field("explicit", 1, FieldDescriptorProto.Types.Type.Int32, new FeatureSet()),
                        Field("implicit", 2, FieldDescriptorProto.Types.Type.Int32, new FeatureSet { FieldPresence = FeatureSet.Types.FieldPresence.Implicit }),
                        Field("delimited", 3, FieldDescriptorProto.Types.Type.Message, new FeatureSet { MessageEncoding = FeatureSet.Types.MessageEncoding.Delimited }),
                    },
                },
            },
        };
        var pool = new DescriptorPool();
        pool.Add(DescriptorFile.Parse(proto.ToByteString()));
        var type = pool.Link().FindMessage("M")!;

        // 1: present with 0; 2: left out with 0; 3: a group with field 1.
        Assert.Equal(new byte[] { 0x08, 0, 0x1B, 0x08, 1, 0x1C }, new ProtoJson().ToWire(type, """{"explicit": 0, "implicit": 0, "delimited": {"explicit": 1}}"""));
    }

    private static FieldDescriptorProto Field(string name, int number, FieldDescriptorProto.Types.Type type, FeatureSet features)
    {
        var field = new FieldDescriptorProto
        {
            Name = name,
            Number = number,
            Type = type,
            Label = FieldDescriptorProto.Types.Label.Optional,
            Options = new FieldOptions { Features = features },
        };
        if (type == FieldDescriptorProto.Types.Type.Message)
        {
            field.TypeName = ".M";
        }

        return field;
    }
}

using EdgeMesh.Relay.Policies;
using EdgeMesh.V1;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Label = Google.Protobuf.Reflection.FieldDescriptorProto.Types.Label;
using Type = Google.Protobuf.Reflection.FieldDescriptorProto.Types.Type;

namespace EdgeMesh.Introspection.Tests.Reflection;

public sealed class DescribedMethodsTests
{
    private const string Method = "shop.v1.Catalog/Get";

    [Fact]
    public void Read_MethodWithTheOption_HasItAndItsMessages()
    {
        var method = Read(Set().ToByteArray())[Method];

        Assert.Equal((60L, "id", "shop.v1.Request"), (method.Option!.Ttl.Seconds, method.Option.KeyFields[0], method.Request.FullName));
    }

    /// <summary>Whatever an origin says of itself is refused, left out, or makes a policy; nothing throws, and no rule is without its method.</summary>
    [Fact]
    public void Read_FuzzedDescriptors_NeverThrows()
    {
        var seed = Set().ToByteArray();
        var withOption = 0;
        Prop.ForAll(Arb.From(Gen.Choose(0, seed.Length - 1).Zip(Gen.Choose(0, 255)).ListOf()), edits =>
        {
            var bytes = (byte[])seed.Clone();
            foreach (var (at, value) in edits.Take(5))
            {
                bytes[at] = (byte)value;
            }

            IReadOnlyDictionary<string, MethodTypes> methods;
            try
            {
                methods = Read(bytes);
            }
            catch (DescriptorException)
            {
                return;
            }

            var resolution = PolicyResolver.Resolve(new Policy { Rules = { new CacheRule { Methods = { "shop.v1.*" }, IgnoredFields = { "note" }, Tags = { "x:{id}" } } } }, 1, methods);
            _ = new PolicyModel(resolution.Effective);
            if (methods.Values.Any(method => method.Option is not null))
            {
                Interlocked.Increment(ref withOption);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

        Assert.True(withOption > 20, $"only {withOption} had an option: the fuzzer tries nothing");
    }

    private static IReadOnlyDictionary<string, MethodTypes> Read(byte[] set)
    {
        var pool = DescriptorPool.Parse(set, "set");
        var model = DescriptorModel.Of(pool, [.. pool.Services]);
        return new DescribedMethods(new ReflectionIndex(new FixedDescriptors("origin", servicePrefix: null, model), [])).Read();
    }

    private static FileDescriptorSet Set()
    {
        var options = new MethodOptions();
        options.SetExtension(PolicyExtensions.Cache, new CacheRule { Ttl = new Duration { Seconds = 60 }, KeyFields = { "id" }, Tags = { "product:{id}" } });
        var request = new DescriptorProto
        {
            Name = "Request",
            Field =
            {
                new FieldDescriptorProto { Name = "id", Number = 1, Type = Type.Int64, Label = Label.Optional },
                new FieldDescriptorProto { Name = "note", Number = 2, Type = Type.String, Label = Label.Optional },
                new FieldDescriptorProto { Name = "inner", Number = 3, Type = Type.Message, TypeName = ".shop.v1.Request", Label = Label.Repeated },
            },
        };
        var service = new ServiceDescriptorProto { Name = "Catalog", Method = { new MethodDescriptorProto { Name = "Get", InputType = ".shop.v1.Request", OutputType = ".shop.v1.Request", Options = options } } };
        var file = new FileDescriptorProto { Name = "shop.proto", Package = "shop.v1", Syntax = "proto3", MessageType = { request }, Service = { service } };
        return new FileDescriptorSet { File = { file } };
    }
}

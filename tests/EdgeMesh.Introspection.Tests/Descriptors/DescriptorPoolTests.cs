using EdgeMesh.Introspection.Tests.Protos;
using EdgeMesh.Testing;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace EdgeMesh.Introspection.Tests;

public class DescriptorPoolTests
{
    [Fact]
    public void Link_FilesInAnyOrder_ResolvesNames()
    {
        var pool = new DescriptorPool();
        pool.Add(File("c.proto", ["b.proto"], message: "C", field: ".t.B"));
        pool.Add(File("a.proto", [], message: "A"));
        Assert.Equal(["b.proto"], pool.MissingImports);
        pool.Add(File("b.proto", ["a.proto"], message: "B", field: ".t.A"));

        var set = pool.Link();

        Assert.Equal("t.A", set.FindMessage("t.C")!.FindFieldByNumber(1).MessageType.FindFieldByNumber(1).MessageType.FullName);
        Assert.Equal(["c.proto", "b.proto", "a.proto"], pool.WithImports(pool.FindSymbol("t.C")!).Select(file => file.Name));
    }

    [Fact]
    public void Link_MethodByEitherSeparator_IsFound()
    {
        var set = DescriptorPool.Of([Grpc.Health.V1.HealthReflection.Descriptor]).Link();

        Assert.Equal("Check", set.FindMethod("grpc.health.v1.Health/Check")!.Name);
        Assert.Equal("Watch", set.FindMethod("/grpc.health.v1.Health.Watch")!.Name);
        Assert.Null(set.FindMethod("grpc.health.v1.Health/Nothing"));
        Assert.Null(set.FindMethod("nothing"));
    }

    [Theory]
    [InlineData("edgemesh.tests.Everything")]
    [InlineData("edgemesh.tests.Everything.an_int32")]
    [InlineData("edgemesh.tests.Everything.choice")]
    [InlineData("edgemesh.tests.Color")]
    [InlineData("edgemesh.tests.COLOR_RED")]
    [InlineData("edgemesh.tests.Legacy.Part.label")]
    [InlineData("edgemesh.tests.nickname")]
    [InlineData("edgemesh.tests.Scope.marks")]
    [InlineData("grpc.health.v1.Health")]
    [InlineData("grpc.health.v1.Health.Check")]
    [InlineData("grpc.health.v1.HealthCheckResponse.SERVING")]
    public void FindSymbol_EveryKindOfName_FindsItsFile(string symbol) =>
        Assert.NotNull(DescriptorPool.Of([EverythingReflection.Descriptor, LegacyReflection.Descriptor, Grpc.Health.V1.HealthReflection.Descriptor]).FindSymbol(symbol));

    [Fact]
    public void FindExtension_NestedOrNot_FindsItsFile()
    {
        var pool = DescriptorPool.Of([LegacyReflection.Descriptor]);

        Assert.Equal([100, 101], pool.ExtensionNumbers("edgemesh.tests.Legacy"));
        Assert.Equal("legacy.proto", pool.FindExtension("edgemesh.tests.Legacy", 101)!.Name);
        Assert.Null(pool.FindExtension("edgemesh.tests.Legacy", 102));
    }

    [Fact]
    public void Add_OtherFileOfThatName_Fails()
    {
        var pool = new DescriptorPool();
        Assert.True(pool.Add(File("a.proto", [], "A")));
        Assert.False(pool.Add(File("a.proto", [], "A")));

        Assert.False(pool.Accepts([File("a.proto", [], "B")]));
        Assert.Equal("a.proto: two different files have this name", Assert.Throws<DescriptorException>(() => pool.Add(File("a.proto", [], "B"))).Message);
    }

    [Fact]
    public void Add_PastALimit_NamesIt()
    {
        var few = new DescriptorPool(new DescriptorLimits { MaxFiles = 1 });
        few.Add(File("a.proto", [], "A"));
        Assert.Equal("b.proto: more files than the limit of 1", Assert.Throws<DescriptorException>(() => few.Add(File("b.proto", [], "B"))).Message);

        var small = new DescriptorPool(new DescriptorLimits { MaxBytes = 10 });
        Assert.Contains("more than the limit of 10", Assert.Throws<DescriptorException>(() => small.Add(File("b.proto", [], "B"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Link_ImportsInACircle_Fails()
    {
        var pool = new DescriptorPool();
        pool.Add(File("a.proto", ["b.proto"], "A"));
        pool.Add(File("b.proto", ["a.proto"], "B"));

        Assert.EndsWith("imports form a circle", Assert.Throws<DescriptorException>(() => pool.Link()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Link_MissingImport_FailsUnlessAllowed()
    {
        var pool = new DescriptorPool();
        pool.Add(File("a.proto", ["google/api/annotations.proto"], "A"));

        Assert.Equal("a.proto: import \"google/api/annotations.proto\" is missing", Assert.Throws<DescriptorException>(() => pool.Link()).Message);
        Assert.NotNull(pool.Link(allowMissingImports: true).FindMessage("t.A"));
    }

    [Fact]
    public void Link_LongChainOfImports_DoesNotExhaustTheStack()
    {
        var pool = new DescriptorPool();
        for (var i = 0; i < 2000; i++)
        {
            pool.Add(File($"{i}.proto", i == 1999 ? [] : [$"{i + 1}.proto"], $"M{i}"));
        }

        Assert.Equal(2000, pool.Link().Files.Count);
    }

    [Fact]
    public void Load_SetOnDisk_FindsServices()
    {
        using var folder = new TempDirectory();
        var path = Path.Combine(folder.Path, "set.pb");
        System.IO.File.WriteAllBytes(path, SetOf(Grpc.Health.V1.HealthReflection.Descriptor));

        Assert.Equal(["grpc.health.v1.Health"], DescriptorPool.Load(path).Services);
    }

    [Fact]
    public void Load_WrongFile_SaysWhat()
    {
        using var folder = new TempDirectory();
        var path = Path.Combine(folder.Path, "set.pb");
        Assert.StartsWith($"{path}: cannot be read: ", Assert.Throws<DescriptorException>(() => DescriptorPool.Load(path)).Message, StringComparison.Ordinal);
        System.IO.File.WriteAllText(path, "syntax = \"proto3\";");
        Assert.StartsWith($"{path}: not a FileDescriptorSet: ", Assert.Throws<DescriptorException>(() => DescriptorPool.Load(path)).Message, StringComparison.Ordinal);
        System.IO.File.WriteAllBytes(path, []);
        Assert.Equal($"{path}: no file in the set", Assert.Throws<DescriptorException>(() => DescriptorPool.Load(path)).Message);
        System.IO.File.WriteAllBytes(path, new FileDescriptorSet { File = { File("a.proto", ["b.proto"], "A").Proto } }.ToByteArray());
        Assert.Equal($"{path}: import \"b.proto\" is missing: write the set with --include_imports", Assert.Throws<DescriptorException>(() => DescriptorPool.Load(path)).Message);
        Assert.Contains("more than the limit of 3", Assert.Throws<DescriptorException>(() => DescriptorPool.Load(path, new DescriptorLimits { MaxBytes = 3 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Link_MutatedDescriptors_NeverFailsInAnotherWay()
    {
        var original = SetOf(EverythingReflection.Descriptor, LegacyReflection.Descriptor, Grpc.Health.V1.HealthReflection.Descriptor);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll<int>(seed =>
        {
            var random = new Random(seed);
            var bytes = original.ToArray();
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            try
            {
                var set = DescriptorPool.Parse(bytes, "fuzz").Link();
                if (set.FindMessage("edgemesh.tests.Everything") is { } type)
                {
                    new ProtoJson(set).ToJson(type, new RandomMessages(seed).Next<Everything>().ToByteArray());
                }
            }
            catch (Exception e) when (e is DescriptorException or ProtoJsonException)
            {
                // What it must say for most of these.
            }
        }));
    }

    private static byte[] SetOf(params FileDescriptor[] files) =>
        new FileDescriptorSet { File = { DescriptorPool.Of(files).Files.Select(file => file.Proto) } }.ToByteArray();

    private static DescriptorFile File(string name, string[] imports, string message, string? field = null)
    {
        var type = new DescriptorProto { Name = message };
        if (field is not null)
        {
            type.Field.Add(new FieldDescriptorProto
            {
                Name = "f",
                Number = 1,
                TypeName = field,
                Type = FieldDescriptorProto.Types.Type.Message,
                Label = FieldDescriptorProto.Types.Label.Optional,
            });
        }

        var proto = new FileDescriptorProto { Name = name, Package = "t", Syntax = "proto3", Dependency = { imports }, MessageType = { type } };
        return DescriptorFile.Parse(proto.ToByteString());
    }
}

using EdgeMesh.Introspection.Tests.Protos;
using EdgeMesh.Testing;
using Grpc.Core;
using Grpc.Reflection.V1;
using Alpha = Grpc.Reflection.V1Alpha;

namespace EdgeMesh.Introspection.Tests;

/// <summary>What the node says of its own services.</summary>
public class ReflectionGrpcServiceTests
{
    [Fact]
    public async Task Symbol_OfOwnService_ComesWithImports()
    {
        await using var node = await TestNode.StartAsync(options => options.Services.Add(Catalog.Descriptor));
        using var stream = new ReflectionStream(node);

        var files = await stream.SymbolAsync("shop.v1.Catalog.GetProduct");

        Assert.Equal(["catalog.proto", "everything.proto"], files.Select(file => file.Name).Take(2));
        Assert.Contains("google/protobuf/timestamp.proto", files.Select(file => file.Name));
    }

    [Fact]
    public async Task Symbol_AskedAgain_ComesWithoutTheImportsThatWereSent()
    {
        await using var node = await TestNode.StartAsync(options => options.Services.Add(Catalog.Descriptor));
        using var stream = new ReflectionStream(node);
        await stream.SymbolAsync("shop.v1.Catalog");

        Assert.Equal(["catalog.proto"], (await stream.SymbolAsync("shop.v1.Catalog")).Select(file => file.Name));
        Assert.Equal(["everything.proto"], (await stream.FileAsync("everything.proto")).Select(file => file.Name));
    }

    [Fact]
    public async Task Extension_OfOwnType_IsFoundByNumber()
    {
        // Scope's file is reached because the pool takes the file of every own service: here one that imports nothing but declares extensions.
        var pool = DescriptorPool.Of([LegacyReflection.Descriptor]);
        var index = new ReflectionIndex(new FixedDescriptors("this node", null, DescriptorModel.Of(pool, [])), []);
        var session = new ReflectionSession(index);

        var numbers = await session.AnswerAsync(new ServerReflectionRequest { AllExtensionNumbersOfType = "edgemesh.tests.Legacy" }, CancellationToken.None);
        var file = await session.AnswerAsync(
            new ServerReflectionRequest { FileContainingExtension = new ExtensionRequest { ContainingType = "edgemesh.tests.Legacy", ExtensionNumber = 101 } },
            CancellationToken.None);

        Assert.Equal([100, 101], numbers.AllExtensionNumbersResponse.ExtensionNumber);
        Assert.Equal(LegacyReflection.Descriptor.SerializedData, file.FileDescriptorResponse.FileDescriptorProto[0]);
    }

    [Fact]
    public async Task Question_ThatHasNoAnswer_IsAnErrorAndTheStreamGoesOn()
    {
        await using var node = await TestNode.StartAsync(options => options.Services.Add(Catalog.Descriptor));
        using var stream = new ReflectionStream(node);

        Assert.Equal((StatusCode.NotFound, "symbol \"no.Such\" is not known here"), await stream.ErrorAsync(new ServerReflectionRequest { FileContainingSymbol = "no.Such" }));
        Assert.Equal((StatusCode.NotFound, "file \"no.proto\" is not known here"), await stream.ErrorAsync(new ServerReflectionRequest { FileByFilename = "no.proto" }));
        Assert.Equal(
            (StatusCode.NotFound, "extension 7 of \"shop.v1.Product\" is not known here"),
            await stream.ErrorAsync(new ServerReflectionRequest { FileContainingExtension = new ExtensionRequest { ContainingType = "shop.v1.Product", ExtensionNumber = 7 } }));
        Assert.Equal((StatusCode.NotFound, "symbol \"no.Such\" is not known here"), await stream.ErrorAsync(new ServerReflectionRequest { AllExtensionNumbersOfType = "no.Such" }));
        Assert.Equal((StatusCode.InvalidArgument, "message_request: nothing is asked"), await stream.ErrorAsync(new ServerReflectionRequest { Host = "h" }));
        Assert.Equal(["shop.v1.Catalog"], await stream.ListAsync());
    }

    [Fact]
    public async Task Alpha_SameQuestion_HasTheSameAnswer()
    {
        await using var node = await TestNode.StartAsync(options => options.Services.Add(Catalog.Descriptor));
        using var call = new Alpha.ServerReflection.ServerReflectionClient(node.Channel).ServerReflectionInfo();
        var question = new Alpha.ServerReflectionRequest { Host = "h", FileContainingSymbol = "shop.v1.Product" };

        await call.RequestStream.WriteAsync(question);
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TestDeadline.Default));

        var answer = call.ResponseStream.Current;
        Assert.Equal(("h", question), (answer.ValidHost, answer.OriginalRequest));
        Assert.Equal(CatalogReflection.Descriptor.SerializedData, answer.FileDescriptorResponse.FileDescriptorProto[0]);
    }
}

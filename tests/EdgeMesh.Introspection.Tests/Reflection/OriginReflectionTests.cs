using EdgeMesh.Testing;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Reflection.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeMesh.Introspection.Tests;

/// <summary>What a node says of the services of origins behind it.</summary>
public class OriginReflectionTests
{
    private static readonly DescriptorPool Shop = TestFiles.WithOwnCommon("shop.v1", "Shop", "pounds");
    private static readonly DescriptorPool Bank = TestFiles.WithOwnCommon("bank.v1", "Bank", "euros");

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Ask_OriginWithEitherVersion_IsListedAndFound(bool v1, bool v1Alpha)
    {
        await using var origin = await new ScriptedOrigin(Shop).StartAsync(v1, v1Alpha);
        await using var node = await StartAsync(Origin("shop.v1.", origin));
        using var stream = new ReflectionStream(node);

        Assert.Equal(["shop.v1.Shop"], await stream.ListAsync());
        Assert.Equal(["Shop.proto", "common.proto"], (await stream.SymbolAsync("shop.v1.Shop")).Select(file => file.Name));
    }

    [Fact]
    public async Task Symbol_OriginWithoutReflection_IsNoSignThatTheNodeHasNone()
    {
        await using var origin = await new ScriptedOrigin(Shop).StartAsync(v1: false);
        await using var node = await StartAsync(Origin("shop.v1.", origin));
        using var stream = new ReflectionStream(node);

        var error = (await stream.AskAsync(new ServerReflectionRequest { FileContainingSymbol = "shop.v1.Shop" })).ErrorResponse;

        Assert.Equal((int)StatusCode.FailedPrecondition, error.ErrorCode);
        Assert.Contains("it has no server reflection", error.ErrorMessage);
    }

    [Fact]
    public async Task List_TwoOrigins_HasTheServicesUnderTheirPrefixes()
    {
        // The shop's server also serves its own administration, which is not what it is fronted for.
        var administration = TestFiles.Create("admin.proto", "admin.v1", [], [("Request", "r")], "Admin");
        await using var shop = await new ScriptedOrigin(TestFiles.Pool([.. Shop.Files, administration])).StartAsync();
        await using var bank = await new ScriptedOrigin(Bank).StartAsync();
        await using var node = await StartAsync(Origin("shop.v1.", shop), Origin("bank.v1.B", bank));
        using var stream = new ReflectionStream(node);

        Assert.Equal(["bank.v1.Bank", "shop.v1.Shop"], await stream.ListAsync());
    }

    [Fact]
    public async Task Symbol_OutsideEveryPrefix_IsFoundInTheFilesOfServices()
    {
        await using var origin = await new ScriptedOrigin(Shop).StartAsync();
        await using var node = await StartAsync(Origin("shop.v1.", origin));
        using var stream = new ReflectionStream(node);

        Assert.Equal("pounds", Assert.Single(await stream.SymbolAsync("common.Money")).MessageType[0].Field[0].Name);
    }

    [Fact]
    public async Task File_OfANameThatTwoOriginsHave_IsThatOfTheOneAskedLast()
    {
        await using var shop = await new ScriptedOrigin(Shop).StartAsync();
        await using var bank = await new ScriptedOrigin(Bank).StartAsync();
        await using var node = await StartAsync(Origin("shop.v1.", shop), Origin("bank.v1.", bank));
        using var stream = new ReflectionStream(node);

        foreach (var (symbol, money) in new[] { ("bank.v1.Bank", "euros"), ("shop.v1.Shop", "pounds"), ("bank.v1.Bank.Call", "euros") })
        {
            await stream.SymbolAsync(symbol);
            Assert.Equal(money, (await stream.FileAsync("common.proto"))[0].MessageType[0].Field[0].Name);
            Assert.Equal(money, (await stream.SymbolAsync("common.Money"))[0].MessageType[0].Field[0].Name);
        }
    }

    [Fact]
    public async Task File_OfANameThatTwoOriginsHave_IsKeptApartThroughTwoNodes()
    {
        // The Region sends the shop's common.proto with its first service only: for the second it is asked by name.
        var second = TestFiles.Create("Shop2.proto", "shop.v1", ["common.proto"], [("Request2", ".common.Money")], "Shop2");
        await using var shop = await new ScriptedOrigin(TestFiles.Pool([.. Shop.Files, second])).StartAsync();
        await using var bank = await new ScriptedOrigin(Bank).StartAsync();
        await using var region = await StartAsync(Origin("shop.v1.", shop), Origin("bank.v1.", bank));
        await using var edge = await StartAsync(Origin("", region));
        using var stream = new ReflectionStream(edge);

        Assert.Equal(["bank.v1.Bank", "shop.v1.Shop", "shop.v1.Shop2"], await stream.ListAsync());
        Assert.Equal("pounds", (await stream.SymbolAsync("shop.v1.Shop2"))[1].MessageType[0].Field[0].Name);
        Assert.Equal("euros", (await stream.SymbolAsync("bank.v1.Bank"))[1].MessageType[0].Field[0].Name);
        Assert.Equal("Shop.proto", (await stream.SymbolAsync("shop.v1.Shop"))[0].Name);
        Assert.Equal("pounds", (await stream.FileAsync("common.proto"))[0].MessageType[0].Field[0].Name);
    }

    [Fact]
    public async Task Ask_OriginThatSendsNoImports_FetchesThem()
    {
        await using var origin = await new ScriptedOrigin(Shop) { SendsImports = false }.StartAsync();
        await using var node = await StartAsync(Origin("shop.v1.", origin));
        using var stream = new ReflectionStream(node);

        Assert.Equal(["Shop.proto", "common.proto"], (await stream.SymbolAsync("shop.v1.Shop")).Select(file => file.Name));
    }

    [Fact]
    public async Task Ask_OriginAway_IsUnavailableForItsSymbolsOnly()
    {
        using var nowhere = GrpcChannel.ForAddress($"http://127.0.0.1:{FreePort.Take()}");
        await using var bank = await new ScriptedOrigin(Bank).StartAsync();
        await using var node = await StartAsync(
            Origin("bank.v1.", bank),
            new OriginDescriptors { ServicePrefix = "shop.v1.", Name = "the shop", Reflection = nowhere.CreateCallInvoker() });
        using var stream = new ReflectionStream(node);

        var (code, message) = await stream.ErrorAsync(new ServerReflectionRequest { FileContainingSymbol = "shop.v1.Shop" });

        Assert.Equal(StatusCode.Unavailable, code);
        Assert.StartsWith("reflection of the shop: ", message, StringComparison.Ordinal);
        Assert.Equal(["bank.v1.Bank"], await stream.ListAsync());
        Assert.NotEmpty(await stream.SymbolAsync("bank.v1.Bank"));
    }

    [Fact]
    public async Task Ask_OriginThatFailsAtOneService_ShowsTheOthers()
    {
        var shops = TestFiles.Pool(
            [.. Shop.Files, TestFiles.Create("a.proto", "shop.v1", [], [("A", "a")], "Broken"), TestFiles.Create("b.proto", "shop.v1", [], [("B", "b")], "Garbled")]);
        await using var origin = await new ScriptedOrigin(shops) { Broken = ["shop.v1.Broken"], Malformed = ["shop.v1.Garbled"] }.StartAsync();
        await using var node = await StartAsync(Origin("shop.v1.", origin));
        using var stream = new ReflectionStream(node);

        Assert.Equal(["shop.v1.Broken", "shop.v1.Garbled", "shop.v1.Shop"], await stream.ListAsync());
        Assert.Equal("Shop.proto", (await stream.SymbolAsync("shop.v1.Shop"))[0].Name);
        Assert.Equal(
            (StatusCode.Internal, $"reflection of origin shop.v1. at {origin.Address}: broken"),
            await stream.ErrorAsync(new ServerReflectionRequest { FileContainingSymbol = "shop.v1.Broken" }));
        Assert.Contains("not a FileDescriptorProto", (await stream.ErrorAsync(new ServerReflectionRequest { FileContainingSymbol = "shop.v1.Garbled" })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ask_OriginThatWentAway_StillKnowsWhatItSaid()
    {
        var time = new ManualTimeProvider();
        var origin = await new ScriptedOrigin(Shop).StartAsync();
        await using var node = await StartAsync(time, Origin("shop.v1.", origin));
        using var stream = new ReflectionStream(node);
        Assert.Equal(["shop.v1.Shop"], await stream.ListAsync());

        await origin.DisposeAsync();
        time.Advance(new IntrospectionTiming().RefreshInterval);

        Assert.Empty(await stream.ListAsync());
        Assert.Equal("Shop.proto", (await stream.SymbolAsync("shop.v1.Shop"))[0].Name);
        Assert.Single(node.Get<MethodShapes>().Current, shape => shape.Method == "shop.v1.Shop/Call");
    }

    [Fact]
    public async Task Ask_NewVersionOfOrigin_IsLearnedAfterTheInterval()
    {
        var time = new ManualTimeProvider();
        var script = new ScriptedOrigin(Shop);
        await using var origin = await script.StartAsync();
        await using var node = await StartAsync(time, Origin("shop.v1.", origin));
        using var stream = new ReflectionStream(node);
        Assert.Equal(["shop.v1.Shop"], await stream.ListAsync());
        script.Pool = TestFiles.Pool([.. Shop.Files, TestFiles.Create("new.proto", "shop.v1", [], [("N", "n")], "New")]);

        // Found at once by asking, listed after the interval.
        Assert.Equal("new.proto", (await stream.SymbolAsync("shop.v1.New"))[0].Name);
        Assert.Equal(["shop.v1.Shop"], await stream.ListAsync());
        time.Advance(new IntrospectionTiming().RefreshInterval);
        Assert.Equal(["shop.v1.New", "shop.v1.Shop"], await stream.ListAsync());
    }

    [Fact]
    public async Task Ask_SymbolThatNoServiceNeeds_IsAskedOnceAndLearned()
    {
        // What an Any may hold.
        var script = new ScriptedOrigin(Shop) { Hidden = TestFiles.Pool(TestFiles.Create("any.proto", "shop.v1.held", [], [("Held", "h")])) };
        await using var origin = await script.StartAsync();
        await using var node = await StartAsync(new ManualTimeProvider(), Origin("shop.v1.", origin));
        using var stream = new ReflectionStream(node);

        await stream.SymbolAsync("shop.v1.held.Held");
        await stream.SymbolAsync("shop.v1.held.Held");

        Assert.Single(script.Questions, question => question.FileContainingSymbol == "shop.v1.held.Held");
    }

    [Fact]
    public async Task Ask_ManyAtOnce_WalkTheOriginOnce()
    {
        var script = new ScriptedOrigin(Shop);
        await using var origin = await script.StartAsync();
        await using var node = await StartAsync(new ManualTimeProvider(), Origin("shop.v1.", origin));

        await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            using var stream = new ReflectionStream(node);
            await stream.SymbolAsync("shop.v1.Shop");
        }));

        Assert.Single(script.Questions, question => question.MessageRequestCase == ServerReflectionRequest.MessageRequestOneofCase.ListServices);
    }

    [Fact]
    public async Task Ask_OriginWithDescriptorSet_IsNotAsked()
    {
        using var folder = new TempDirectory();
        var path = folder.File("set.pb");
        File.WriteAllBytes(path, new FileDescriptorSet { File = { Shop.Files.Select(file => file.Proto) } }.ToByteArray());
        var script = new ScriptedOrigin(Bank);
        await using var origin = await script.StartAsync();
        await using var node = await StartAsync(Origin("shop.v1.", origin) with { DescriptorSetPath = path });
        using var stream = new ReflectionStream(node);

        Assert.Equal(["shop.v1.Shop"], await stream.ListAsync());
        Assert.Equal("Shop.proto", (await stream.SymbolAsync("shop.v1.Shop"))[0].Name);
        Assert.Equal(StatusCode.NotFound, (await stream.ErrorAsync(new ServerReflectionRequest { FileContainingSymbol = "shop.v1.Other" })).Code);
        Assert.Empty(script.Questions);
    }

    [Fact]
    public async Task Ask_OriginThatDidNotOptIn_IsNotShown()
    {
        await using var node = await StartAsync(new OriginDescriptors { ServicePrefix = "shop.v1.", Name = "the shop" });
        using var stream = new ReflectionStream(node);

        Assert.Empty(await stream.ListAsync());
        Assert.Equal(StatusCode.NotFound, (await stream.ErrorAsync(new ServerReflectionRequest { FileContainingSymbol = "shop.v1.Shop" })).Code);
    }

    private static OriginDescriptors Origin(string prefix, TestNode origin) =>
        new() { ServicePrefix = prefix, Name = $"origin {prefix} at {origin.Address}", Reflection = origin.Channel.CreateCallInvoker() };

    private static Task<TestNode> StartAsync(params OriginDescriptors[] origins) => StartAsync(TimeProvider.System, origins);

    private static Task<TestNode> StartAsync(TimeProvider time, params OriginDescriptors[] origins) => TestNode.StartAsync(
        services => services.AddSingleton(time).AddNodeIntrospection((_, options) =>
        {
            foreach (var origin in origins)
            {
                options.Origins.Add(origin);
            }
        }),
        app => app.MapNodeIntrospection());
}

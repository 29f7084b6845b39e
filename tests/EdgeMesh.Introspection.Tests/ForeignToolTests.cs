using System.Text.Json.Nodes;
using EdgeMesh.Introspection.Tests.Protos;
using EdgeMesh.Testing;

namespace EdgeMesh.Introspection.Tests;

/// <summary>buf curl, which asks reflection v1 and then v1alpha, against a node.</summary>
public class ForeignToolTests
{
    // In tests/tools, where npm ci puts the same version; without that, the first run downloads it.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [ForeignFact("npx")]
    public async Task BufCurl_ListMethods_HasThoseOfNodeAndOrigin()
    {
        await using var origin = await new ScriptedOrigin(TestFiles.WithOwnCommon("bank.v1", "Bank", "euros")).StartAsync(v1: false, v1Alpha: true);
        await using var node = await TestNode.StartAsync(options =>
        {
            options.Services.Add(Catalog.Descriptor);
            options.Origins.Add(new OriginDescriptors { ServicePrefix = "bank.v1.", Name = "the bank", Reflection = origin.Channel.CreateCallInvoker() });
        });

        var methods = await BufCurlAsync("--list-methods", node.Address);

        Assert.Contains("bank.v1.Bank/Call", methods);
        Assert.Contains("shop.v1.Catalog/Chat", methods);
        Assert.Contains("grpc.health.v1.Health/Check", methods);
    }

    [ForeignTheory("npx")]
    [InlineData("grpc-v1")]
    [InlineData("grpc-v1alpha")]
    public async Task BufCurl_CallByReflection_Answers(string reflection)
    {
        await using var node = await TestNode.StartAsync(options => options.Services.Add(Catalog.Descriptor));

        var answer = await BufCurlAsync("--reflect-protocol", reflection, "-d", """{"name": "tea", "stock": 41, "details": {"aTime": "2026-01-01T00:00:00Z"}}""", $"{node.Address}/shop.v1.Catalog/GetProduct");
        var health = await BufCurlAsync("--reflect-protocol", reflection, "-d", """{"service": "shop.v1.Catalog"}""", $"{node.Address}/grpc.health.v1.Health/Check");

        Assert.Equal("42", (string?)JsonNode.Parse(string.Join('\n', answer))!["stock"]);
        Assert.Equal("SERVING", (string?)JsonNode.Parse(string.Join('\n', health))!["status"]);
    }

    private static async Task<IReadOnlyList<string>> BufCurlAsync(params string[] arguments)
    {
        await using var buf = ChildProcess.Start("npx", ["--yes", "@bufbuild/buf@1.75.0", "curl", "--http2-prior-knowledge", "--protocol", "grpc", .. arguments], workingDirectory: Path.Combine(Repository.Root, "tests", "tools"));
        Assert.True(await buf.WaitForExitAsync(Patience) == 0, string.Join('\n', buf.Transcript));
        return [.. buf.Output.Select(line => line.Trim())];
    }
}

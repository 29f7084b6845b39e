using EdgeMesh.Testing;
using EdgeMesh.Workloads;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Reflection.V1;

namespace EdgeMesh.LocalZone.Tests;

/// <summary>Reflection at a zone whose workload the Region does not have: grpcurl, ghz and <c>edgemesh call</c> find both nodes' services at the one address.</summary>
public sealed class ZoneReflectionTests
{
    private const string Placed = "demo.v1.GreeterService";
    private const string Parent = "edgemesh.v1.ObjectStoreService";

    [Fact]
    public async Task Reflection_AtAZone_MergesItsOwnWithItsParentsAndGoesOnWithoutIt()
    {
        await using var greeter = await DescribedOrigin.StartAsync();
        await using var mesh = await ZoneMesh.StartAsync();
        var zone = await mesh.StartZoneAsync(Greeter(greeter));
        await ZoneMesh.WaitForNoteAsync(zone.AdminAddress, "is disabled");
        Assert.DoesNotContain(Placed, await ListAsync(zone.Address));

        await mesh.SetGroupAsync(ZoneMesh.Group, true);
        await ZoneMesh.WaitForNoteAsync(zone.AdminAddress, "is enabled");
        await ZoneMesh.WaitForNoteAsync(zone.AdminAddress, "its calls go to the Region", isThere: false);
        var edge = zone; // TRY
        foreach (var node in (Uri[])[zone.Address, edge.Address])
        {
            // A source that was asked before its replica was well is asked again after a second.
            await ZoneMesh.PollAsync(() => ListAsync(node), listed => listed.Contains(Placed) && listed.Contains(Parent));
            Assert.True(await DescribesAsync(node, Placed));
            Assert.True(await DescribesAsync(node, Parent));
            Assert.False(await DescribesAsync(node, "no.such.Service"));
        }

        await mesh.StopRegionAsync();
        await ZoneMesh.WaitForNoteAsync(zone.AdminAddress, "is away");
        Assert.True(await DescribesAsync(zone.Address, Placed));
        Assert.Contains(Placed, await ListAsync(zone.Address));
    }

    private static async Task<IReadOnlyList<string>> ListAsync(Uri node) =>
        [.. (await AskAsync(node, new ServerReflectionRequest { ListServices = "*" })).ListServicesResponse.Service.Select(service => service.Name)];

    private static async Task<bool> DescribesAsync(Uri node, string symbol) =>
        (await AskAsync(node, new ServerReflectionRequest { FileContainingSymbol = symbol })).FileDescriptorResponse is { FileDescriptorProto.Count: > 0 };

    private static async Task<ServerReflectionResponse> AskAsync(Uri node, ServerReflectionRequest question)
    {
        using var channel = GrpcChannel.ForAddress(node);
        using var call = new ServerReflection.ServerReflectionClient(channel).ServerReflectionInfo(deadline: DateTime.UtcNow + TestDeadline.Default);
        await call.RequestStream.WriteAsync(question);
        await call.RequestStream.CompleteAsync();
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        return call.ResponseStream.Current;
    }

    private static WorkloadOptions Greeter(DescribedOrigin origin) => new()
    {
        Name = "greeter",
        ServicePrefixes = ["demo.v1."],
        Addresses = [new ReplicaAddress(origin.Address)],
        Reflection = true,
        HealthInterval = TimeSpan.FromMilliseconds(50),
    };
}

using System.Net;
using System.Security.Cryptography.X509Certificates;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeMesh.Client.Tests;

/// <summary>Meshes that cannot be called: each call ends, and says what was tried.</summary>
public sealed class BadMeshTests : IAsyncLifetime
{
    private readonly TestAuthority _authority = new("root");
    private readonly List<IAsyncDisposable> _owned = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var owned in _owned)
        {
            await owned.DisposeAsync();
        }

        _authority.Dispose();
    }

    [Fact]
    public async Task Bootstrap_TakesCallsAndAnswersNone_IsUnavailableAfterTheLimit()
    {
        var hole = await StartAsync("LHR50-1");
        hole.BecomeBlackHole();
        using var client = new TestClient([hole.Address], options => options with { BootstrapTimeout = TimeSpan.FromMilliseconds(200) });

        var fault = await Assert.ThrowsAsync<RpcException>(client.HeadAsync);

        Assert.Equal(StatusCode.Unavailable, fault.StatusCode);
        Assert.Equal($"no node told who is in the mesh: {Show(hole.Address)}: no answer within 0.2 s", fault.Status.Detail);
    }

    [Fact]
    public async Task Bootstrap_CertificateHasExpired_IsUnavailableAndSaysSo()
    {
        var expired = await StartExpiredAsync();
        using var client = new TestClient([expired], WithAuthority);

        var fault = await Assert.ThrowsAsync<RpcException>(client.HeadAsync);

        Assert.Equal(StatusCode.Unavailable, fault.StatusCode);
        Assert.StartsWith($"no node told who is in the mesh: {Show(expired)}: TLS handshake failed: ", fault.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("NotTimeValid", fault.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Node_CertificateHasExpired_IsEjectedAndCallsGoElsewhere()
    {
        var node = await StartAsync("LHR50-1");
        var expired = await StartExpiredAsync();
        node.Tell("eu-west-2", [Member("LHR50-1", node.Address), Member("CDG50-1", expired)]);
        using var client = new TestClient([node.Address], options => WithAuthority(options) with { HomeProbeInterval = TimeSpan.FromMilliseconds(20), ProbeInterval = TimeSpan.FromMilliseconds(20) });

        await client.WaitForAsync(nodes => nodes.Any(one => one.Name == "CDG50-1" && one.IsEjected));

        Assert.Equal("LHR50-1", await client.HeadAsync());
        Assert.Contains("NotTimeValid", client.Handler.ReadNodes().Single(one => one.Name == "CDG50-1").Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OnlyNode_CertificateHasExpired_IsUnavailableNamingIt()
    {
        var teller = await StartAsync("LHR50-1");
        var expired = await StartExpiredAsync();
        teller.Tell("eu-west-2", [Member("CDG50-1", expired)]);
        using var client = new TestClient([teller.Address], WithAuthority);

        var fault = await Assert.ThrowsAsync<RpcException>(client.HeadAsync);

        Assert.Equal(StatusCode.Unavailable, fault.StatusCode);
        Assert.StartsWith($"no node of the mesh answered: CDG50-1 at {Show(expired)}: TLS handshake failed: ", fault.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bootstrap_NextAddressIsOfAnotherMesh_IsNotFollowedThere()
    {
        var node = await StartAsync("LHR50-1");
        var foreign = await StartAsync("IAD10-1", "us-east-1");
        node.Tell("eu-west-2", node);
        foreign.Tell("us-east-1", foreign);
        using var client = new TestClient([node.Address, foreign.Address]);
        Assert.Equal("LHR50-1", await client.HeadAsync());

        await node.DisposeAsync();
        await client.WaitForAsync(_ => client.Handler.Explain("a.B/C").Fault?.Contains("us-east-1", StringComparison.Ordinal) == true);
        var fault = await Assert.ThrowsAsync<RpcException>(client.PutAsync);

        Assert.Equal(StatusCode.Unavailable, fault.StatusCode);
        Assert.StartsWith($"no node of the mesh answered: LHR50-1 at {Show(node.Address)}: ", fault.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("it belongs to the mesh of Region \"us-east-1\", not to that of \"eu-west-2\"", client.Handler.Explain("a.B/C").Fault, StringComparison.Ordinal);
        Assert.Equal(0, foreign.Calls);
    }

    [Fact]
    public async Task Topology_ShrinksToNothingAndTheLastNodeDies_IsUnavailableNamingIt()
    {
        var node = await StartAsync("LHR50-1");
        node.Tell("eu-west-2", node);
        using var client = new TestClient([node.Address], options => options with { HomeProbeInterval = TimeSpan.FromMilliseconds(20) });
        await client.HeadAsync();
        node.Tell("eu-west-2", Array.Empty<MeshMember>());
        await client.WaitForAsync(_ => client.Handler.Explain("a.B/C").Fault?.Contains("it tells of a mesh without nodes", StringComparison.Ordinal) == true);
        Assert.Equal("LHR50-1", await client.HeadAsync());

        await node.DisposeAsync();
        Assert.Contains("LHR50-1", (await Assert.ThrowsAsync<RpcException>(client.HeadAsync)).Status.Detail, StringComparison.Ordinal);
    }

    private static MeshMember Member(string name, Uri address) => new() { Name = name, Kind = NodeKind.EdgeLocation, Address = Show(address), State = NodeState.Ready };

    private static string Show(Uri address) => address.GetLeftPart(UriPartial.Authority);

    private EdgeMeshClientOptions WithAuthority(EdgeMeshClientOptions options) => options with
    {
        CreateHandler = _ => new SocketsHttpHandler
        {
            SslOptions = { CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { _authority.Certificate }, RevocationMode = X509RevocationMode.NoCheck } },
        },
    };

    private async Task<FakeNode> StartAsync(string name, string region = "eu-west-2")
    {
        var node = await FakeNode.StartAsync(name, region);
        _owned.Add(node);
        return node;
    }

    /// <summary>A server whose certificate was good until yesterday.</summary>
    private async Task<Uri> StartExpiredAsync()
    {
        var certificate = _authority.Issue([], isExpired: true);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listener => listener.UseHttps(certificate)));
        var app = builder.Build();
        _owned.Add(app);
        app.Run(_ => Task.CompletedTask);
        await app.StartAsync();
        return new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }
}

using EdgeMesh.Admin.Access;
using EdgeMesh.EdgeLocation;
using EdgeMesh.LocalZone;
using EdgeMesh.Region;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Grpc.Net.Client;

namespace EdgeMesh.Scenarios.Access;

/// <summary>A Region, an edge and a Local Zone, each with its admin listener beyond loopback, and tokens of every kind.</summary>
public sealed class GuardedMesh : IAsyncLifetime
{
    private readonly TempDirectory _data = new();
    private RegionNode? _region;
    private EdgeLocationNode? _edge;
    private LocalZoneNode? _zone;

    /// <summary>Each listener by name.</summary>
    public IReadOnlyDictionary<string, Uri> Listeners { get; private set; } = new Dictionary<string, Uri>();

    /// <summary>Tokens by what is right or wrong with them; null: none is shown.</summary>
    public IReadOnlyDictionary<string, string?> Credentials { get; private set; } = new Dictionary<string, string?>();

    public async Task InitializeAsync()
    {
        // The Region's first token is made on loopback; then it starts again beyond.
        var tokens = new Dictionary<string, string?>();
        var region = await StartRegionAsync("127.0.0.1:0");
        using (var channel = GrpcChannel.ForAddress(region.AdminAddress))
        {
            var admin = new AdminService.AdminServiceClient(channel);
            foreach (var role in (Role[])[Role.Reader, Role.Edge, Role.Admin])
            {
                tokens[role.Show()] = $"Bearer {(await admin.CreateTokenAsync(new CreateTokenRequest { Role = (TokenRole)role })).Token}";
            }

            var revoked = await admin.CreateTokenAsync(new CreateTokenRequest { Role = TokenRole.Admin });
            await admin.RevokeTokenAsync(new RevokeTokenRequest { Id = revoked.Info.Id });
            tokens["revoked"] = $"Bearer {revoked.Token}";
        }

        await region.DisposeAsync();
        _region = await StartRegionAsync("0.0.0.0:0");
        _edge = await EdgeLocationNode.StartAsync(
            new EdgeLocationOptions
            {
                Name = "LHR50-1",
                Listen = "127.0.0.1:0",
                AdminListen = "0.0.0.0:0",
                Insecure = true,
                Region = _region.Address,
                Token = tokens["edge"]!["Bearer ".Length..],
                CacheBytes = 32 << 20,
            },
            _ => { },
            CancellationToken.None);
        _zone = await LocalZoneNode.StartAsync(
            new LocalZoneOptions
            {
                Name = "eu-west-2-man-1a",
                Listen = "127.0.0.1:0",
                AdminListen = "0.0.0.0:0",
                Insecure = true,
                Region = _region.Address,
                Token = tokens["edge"]!["Bearer ".Length..],
                CacheBytes = 32 << 20,
            },
            _ => { },
            CancellationToken.None);
        Listeners = new Dictionary<string, Uri>
        {
            ["region data"] = _region.Address,
            ["region admin"] = OnLoopback(_region.AdminAddress),
            ["edge data"] = _edge.Address,
            ["edge admin"] = OnLoopback(_edge.AdminAddress),
            ["zone data"] = _zone.Address,
            ["zone admin"] = OnLoopback(_zone.AdminAddress),
        };
        var right = tokens["admin"]!;
        Credentials = new Dictionary<string, string?>(tokens)
        {
            ["none"] = null,
            ["unknown"] = $"Bearer {TokenText.Create()}",
            ["wrong secret"] = right[..^1] + (right[^1] == 'a' ? 'b' : 'a'),
            ["cut"] = right[..^1],
            ["no scheme"] = right["Bearer ".Length..],
            ["basic"] = "Basic YWRtaW46YWRtaW4=",
            ["empty"] = "Bearer ",
        };

        // They hear of the tokens with the topology.
        using var client = new HttpClient();
        using var limit = new CancellationTokenSource(TestDeadline.Default);
        foreach (var listener in (string[])["edge admin", "zone admin"])
        {
            while (!(await client.GetStringAsync(new Uri(Listeners[listener], "/readyz"), limit.Token)).Contains("joined", StringComparison.Ordinal))
            {
                await Task.Delay(TestDeadline.PollInterval);
            }
        }
    }

    public async Task DisposeAsync()
    {
        await _zone!.DisposeAsync();
        await _edge!.DisposeAsync();
        await _region!.DisposeAsync();
        _data.Dispose();
    }

    private static Uri OnLoopback(Uri address) => new UriBuilder(address) { Host = "127.0.0.1" }.Uri;

    private Task<RegionNode> StartRegionAsync(string adminListen) => RegionNode.StartAsync(
        new RegionOptions { Name = "eu-west-2", Listen = "127.0.0.1:0", AdminListen = adminListen, Insecure = true, DataDirectory = _data.Path }, _ => { }, CancellationToken.None);
}

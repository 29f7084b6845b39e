using System.Text.RegularExpressions;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeMesh.Scenarios.Sidecar;

/// <summary>A Region and two edge locations, each at a port of its own that it has again after a restart, and a sidecar. Both edges have the object of <see cref="SafeLoad"/> in their caches.</summary>
internal sealed partial class SidecarMesh : IAsyncDisposable
{
    public const string Region = "eu-west-2";

    public static readonly string[] Edges = ["LHR50-1", "CDG50-1"];

    private readonly TempDirectory _directory = new();
    private readonly Dictionary<string, NodeProcess> _nodes = [];
    private readonly Dictionary<string, string[]> _arguments = [];
    private readonly HttpClient _http = new();

    public NodeProcess Sidecar { get; private set; } = null!;

    public NodeProcess this[string node] => _nodes[node];

    /// <summary>Starts all.</summary>
    public static async Task<SidecarMesh> StartAsync()
    {
        var mesh = new SidecarMesh();
        try
        {
            var (region, admin) = (Local(), Local());
            mesh._arguments[Region] = ["region", "--name", Region, "--listen", region, "--admin-listen", admin, "--data", mesh._directory.File("region")];
            foreach (var edge in Edges)
            {
                mesh._arguments[edge] = ["edge", "--name", edge, "--region", $"http://{region}", "--region-admin", $"http://{admin}", "--listen", Local(), "--admin-listen", Local()];
            }

            await mesh.StartAsync(Region);
            await mesh.PutObjectAsync();
            foreach (var edge in Edges)
            {
                await mesh.StartAsync(edge);
                await mesh[edge].Process.WaitForLineAsync("Joined Region");
            }

            mesh.Sidecar = await NodeProcess.StartSidecarAsync([.. mesh._nodes.Values]);
            foreach (var edge in Edges)
            {
                await mesh.WarmAsync(edge);
            }

            await mesh.Sidecar.Process.WaitForLineAsync("Calls go to ");
            return mesh;
        }
        catch
        {
            await mesh.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a node, for the first time or again where it was.</summary>
    public async Task StartAsync(string node)
    {
        if (_nodes.Remove(node, out var former))
        {
            await former.DisposeAsync();
        }

        _nodes[node] = await NodeProcess.StartAsync(_arguments[node]);
    }

    /// <summary>Has an edge keep the object as the sidecar's callers ask for it.</summary>
    public async Task WarmAsync(string edge)
    {
        using var channel = GrpcChannel.ForAddress(_nodes[edge].Address);
        var store = new ObjectStoreService.ObjectStoreServiceClient(channel);
        using var limit = new CancellationTokenSource(TestDeadline.Default);
        string? status;
        do
        {
            using var call = store.GetObjectAsync(new GetObjectRequest { Bucket = SafeLoad.Bucket, Key = SafeLoad.Key }, new Metadata { { "x-forwarded-host", Sidecar.Address.Authority } }, cancellationToken: limit.Token);
            status = (await call.ResponseHeadersAsync).GetValue("cache-status");
            await call;
        }
        while (status?.Contains("; hit", StringComparison.Ordinal) != true);
    }

    /// <summary>The node that the sidecar's calls go to, and how many take calls.</summary>
    public async Task<(string Home, int Well)> ReadRouteAsync()
    {
        var match = Route().Match(await _http.GetStringAsync(new Uri(Sidecar.AdminAddress, "/readyz")));
        return match.Success ? (match.Groups["home"].Value, int.Parse(match.Groups["well"].Value, System.Globalization.CultureInfo.InvariantCulture)) : ("", 0);
    }

    public async ValueTask DisposeAsync()
    {
        if (Sidecar is not null)
        {
            await Sidecar.DisposeAsync();
        }

        foreach (var node in _nodes.Values)
        {
            await node.DisposeAsync();
        }

        _http.Dispose();
        _directory.Dispose();
    }

    private static string Local() => $"127.0.0.1:{FreePort.Take()}";

    [GeneratedRegex("calls go to (?<home>[^;]+); (?<well>[0-9]+) of [0-9]+ nodes take calls")]
    private static partial Regex Route();

    private async Task PutObjectAsync()
    {
        using var channel = GrpcChannel.ForAddress(_nodes[Region].Address);
        var store = new ObjectStoreService.ObjectStoreServiceClient(channel);
        await store.CreateBucketAsync(new CreateBucketRequest { Bucket = SafeLoad.Bucket });
        await store.PutObjectAsync(new PutObjectRequest
        {
            Spec = new ObjectSpec { Bucket = SafeLoad.Bucket, Key = SafeLoad.Key, CacheControl = "public, max-age=3600" },
            Content = ByteString.CopyFromUtf8("hello"),
        });
    }
}

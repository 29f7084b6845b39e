using EdgeMesh.EdgeLocation;
using EdgeMesh.Region;
using EdgeMesh.Testing;

namespace EdgeMesh.Node.Tests;

/// <summary>A Region and an edge location inside the test's process, on ports that the system chose.</summary>
public sealed class SmallMesh : IAsyncLifetime
{
    private readonly TempDirectory _data = new();
    private RegionNode? _region;
    private EdgeLocationNode? _edge;

    public string Region => _region!.Address.ToString();

    public string RegionAdmin => _region!.AdminAddress.ToString();

    public string Edge => _edge!.Address.ToString();

    public async Task InitializeAsync()
    {
        _region = await RegionNode.StartAsync(
            new RegionOptions { Name = "eu-west-2", Listen = "127.0.0.1:0", DataDirectory = _data.Path }, _ => { }, CancellationToken.None);
        _edge = await EdgeLocationNode.StartAsync(
            new EdgeLocationOptions { Name = "LHR50-1", Listen = "127.0.0.1:0", Region = _region.Address, RegionAdmin = _region.AdminAddress, CacheBytes = 32 << 20 }, _ => { }, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _edge!.DisposeAsync();
        await _region!.DisposeAsync();
        _data.Dispose();
    }
}

using System.Collections.Concurrent;
using EdgeMesh.Testing;

namespace EdgeMesh.Scenarios.Interop;

/// <summary>How a client reaches our interop server.</summary>
public enum InteropRoute
{
    /// <summary>Over its own port.</summary>
    Direct,

    /// <summary>client → edge location → Region → server.</summary>
    ThroughEdge,

    /// <summary>client → Local Zone → Region → server.</summary>
    ThroughZone,

    /// <summary>client → sidecar → edge location → Region → server, whose methods are described: the sidecar holds unary calls.</summary>
    ThroughSidecar,
}

/// <summary>
/// Our interop server, a Region before it, and what each client saw of it over each route. Each client runs once, when the
/// first case is asked for; and against an edge location, or a zone, of its own, so that it is the first to call each method there.
/// </summary>
public sealed class OurServerFixture : IAsyncLifetime
{
    private readonly ConcurrentDictionary<(InteropProgram, InteropRoute), Lazy<Task<IReadOnlyDictionary<string, string>>>> _runs = new();
    private readonly TempDirectory _data = new();
    private ChildProcess? _server;
    private Uri? _url;
    private NodeProcess? _region;
    private NodeProcess? _describedRegion;

    public async Task InitializeAsync()
    {
        (_server, _url) = await InteropPrograms.StartServerAsync(InteropProgram.Ours);
        var origin = $"grpc.testing.={_url.GetLeftPart(UriPartial.Authority)}";
        _region = await NodeProcess.StartRegionAsync(_data.File("region"), "--origin", origin);
        _describedRegion = await NodeProcess.StartRegionAsync(_data.File("described"), "--origin", origin, "--origin-descriptors", $"grpc.testing.={await InteropPrograms.DescriptorsAsync}");
    }

    public async Task DisposeAsync()
    {
        foreach (var region in new[] { _region, _describedRegion }.OfType<NodeProcess>())
        {
            await region.DisposeAsync();
        }

        _server?.Dispose();
        _data.Dispose();
        _region?.AssertNoUnexpectedErrors();
        _describedRegion?.AssertNoUnexpectedErrors();
    }

    /// <summary>What a client saw in a case.</summary>
    internal async Task<string> VerdictAsync(InteropProgram client, InteropRoute route, string testCase)
    {
        var run = _runs.GetOrAdd((client, route), key => new(() => RunAsync(key.Item1, key.Item2)));
        return (await run.Value)[testCase];
    }

    private async Task<IReadOnlyDictionary<string, string>> RunAsync(InteropProgram client, InteropRoute route)
    {
        if (route == InteropRoute.Direct)
        {
            return await InteropRun.AllAsync(client, _url!);
        }

        if (route == InteropRoute.ThroughZone)
        {
            await using var zone = await NodeProcess.StartZoneAsync(_region!, "eu-west-2-man-1a");
            var passed = await InteropRun.AllAsync(client, zone.Address);
            zone.AssertNoUnexpectedErrors();
            return passed;
        }

        await using var edge = await NodeProcess.StartEdgeAsync(route == InteropRoute.ThroughSidecar ? _describedRegion! : _region!, "LHR50-1");
        if (route == InteropRoute.ThroughSidecar)
        {
            await edge.Process.WaitForLineAsync("Joined Region");
            await using var sidecar = await NodeProcess.StartSidecarAsync(edge);
            var routed = await InteropRun.AllAsync(client, sidecar.Address);
            sidecar.AssertNoUnexpectedErrors();
            return routed;
        }

        var verdicts = await InteropRun.AllAsync(client, edge.Address);
        edge.AssertNoUnexpectedErrors();
        return verdicts;
    }
}

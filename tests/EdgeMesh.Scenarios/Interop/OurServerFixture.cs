using System.Collections.Concurrent;
using EdgeMesh.Testing;

namespace EdgeMesh.Scenarios.Interop;

/// <summary>How a client reaches our interop server.</summary>
public enum InteropRoute
{
    /// <summary>Over its own port.</summary>
    Direct,
}

/// <summary>Our interop server, and what each client saw of it over each route. Each client runs once, when the first case is asked for.</summary>
public sealed class OurServerFixture : IAsyncLifetime
{
    private readonly ConcurrentDictionary<(InteropProgram, InteropRoute), Lazy<Task<IReadOnlyDictionary<string, string>>>> _runs = new();
    private ChildProcess? _server;
    private Uri? _url;

    public async Task InitializeAsync() => (_server, _url) = await InteropPrograms.StartServerAsync(InteropProgram.Ours);

    public Task DisposeAsync()
    {
        _server?.Dispose();
        return Task.CompletedTask;
    }

    /// <summary>What a client saw in a case.</summary>
    internal async Task<string> VerdictAsync(InteropProgram client, InteropRoute route, string testCase)
    {
        var run = _runs.GetOrAdd((client, route), key => new(() => InteropRun.AllAsync(key.Item1, AddressOf(key.Item2))));
        return (await run.Value)[testCase];
    }

    private Uri AddressOf(InteropRoute route) => route switch
    {
        InteropRoute.Direct => _url!,
        _ => throw new ArgumentOutOfRangeException(nameof(route)),
    };
}

using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Targets;
using EdgeMesh.V1;
using Grpc.Core;
using Grpc.Health.V1;

namespace EdgeMesh.Node.Up;

/// <summary>A whole mesh of child processes: a Region and its edge locations.</summary>
/// <param name="program">This program, to be started again.</param>
/// <param name="time">Measures waits.</param>
/// <remarks>Started and stopped from one flow. Disposing stops every child: edges first, so that none complains of a lost Region.</remarks>
internal sealed class Mesh(SelfProgram program, TimeProvider time) : IAsyncDisposable
{
    /// <summary>A node starts in under a second; a loaded machine may take many times as long.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);

    /// <summary>Soon enough that nobody notices the wait.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    private readonly List<ChildNode> _children = [];

    /// <summary>All children, the Region first.</summary>
    public IReadOnlyList<ChildNode> Children => _children;

    /// <summary>Starts one node and waits until it takes calls.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="arguments">Its command and options.</param>
    /// <param name="onLine">Called with the name and each of its lines.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Where it is reached.</returns>
    /// <exception cref="CliException">It ended, or did not become ready in time.</exception>
    public async Task<ChildAddresses> StartAsync(string name, IReadOnlyList<string> arguments, Action<string, string> onLine, CancellationToken cancellationToken)
    {
        var child = ChildNode.Start(program, name, arguments, onLine);
        _children.Add(child);
        try
        {
            return await child.Ready.WaitAsync(StartPatience, time, cancellationToken);
        }
        catch (TimeoutException exception)
        {
            throw new CliException($"{name} was not ready within {StartPatience.TotalSeconds:0} s", inner: exception);
        }
    }

    /// <summary>Waits until every node answers that it is healthy and the Region lists all of them as ready.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The nodes as the Region lists them.</returns>
    /// <exception cref="CliException">A node ended, or they were not healthy in time.</exception>
    public async Task<IReadOnlyList<NodeJson>> WaitUntilHealthyAsync(CancellationToken cancellationToken)
    {
        var deadline = time.GetTimestamp();
        foreach (var child in _children)
        {
            using var connection = new TargetConnection((await child.Ready).Data, StartPatience, time);
            var health = new Health.HealthClient(connection.Channel);
            await PollAsync(
                child.Name,
                deadline,
                async () => (await connection.CallAsync(options => health.CheckAsync(new HealthCheckRequest(), options), cancellationToken)).Response.Status == HealthCheckResponse.Types.ServingStatus.Serving,
                cancellationToken);
        }

        IReadOnlyList<NodeJson> nodes = [];
        using var region = new TargetConnection((await _children[0].Ready).Admin, StartPatience, time);
        var topology = new TopologyService.TopologyServiceClient(region.Channel);
        await PollAsync(
            "the mesh",
            deadline,
            async () =>
            {
                var (response, _) = await region.CallAsync(options => topology.ListNodesAsync(new ListNodesRequest(), options), cancellationToken);
                nodes = [.. response.Nodes.Select(node => NodeJson.Of(node, _children.Find(child => child.Name == node.Name)?.Pid))];
                return _children.TrueForAll(child => nodes.Any(node => node.Name == child.Name && node.State == "ready"));
            },
            cancellationToken);
        return nodes;
    }

    /// <summary>Stops every child, edges first.</summary>
    public async Task StopAsync()
    {
        await Task.WhenAll(_children.Skip(1).Select(child => child.StopAsync(time)));
        await Task.WhenAll(_children.Take(1).Select(child => child.StopAsync(time)));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        foreach (var child in _children)
        {
            await child.DisposeAsync();
        }
    }

    private async Task PollAsync(string what, long started, Func<Task<bool>> isDone, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                if (await isDone())
                {
                    return;
                }
            }
            catch (TargetException exception) when (exception.Status == StatusCode.Unavailable)
            {
                // Not yet.
            }

            if (_children.Find(child => child.Ended.IsCompleted) is { } ended)
            {
                throw new CliException($"{ended.Name} ended while the mesh was starting");
            }

            if (time.GetElapsedTime(started) > StartPatience)
            {
                throw new CliException($"{what} was not healthy within {StartPatience.TotalSeconds:0} s");
            }

            await Task.Delay(PollInterval, time, cancellationToken);
        }
    }
}

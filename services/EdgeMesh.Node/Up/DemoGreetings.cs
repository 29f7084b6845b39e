using EdgeMesh.Demo.V1;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Targets;
using Grpc.Core;

namespace EdgeMesh.Node.Up;

/// <summary>Has the greeter greet at the Region and at every Local Zone: a zone's own replicas do, not the Region's.</summary>
internal static class DemoGreetings
{
    /// <summary>A greeter starts in under a second; a loaded machine may take many times as long.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Asks one node after the other, until a replica of its own answers.</summary>
    /// <param name="region">Name and address of the Region.</param>
    /// <param name="zones">Name and address of each zone.</param>
    /// <param name="timeout">The longest wait for one answer.</param>
    /// <param name="time">Measures calls and waits.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TargetException">A call failed.</exception>
    /// <exception cref="CliException">A zone's calls went on being answered by the Region's replica.</exception>
    public static async Task<IReadOnlyList<GreetingJson>> RunAsync((string Name, Uri Address) region, IEnumerable<(string Name, Uri Address)> zones, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        var first = await GreetAsync(region, elsewhere: null, timeout, time, cancellationToken);
        var greetings = new List<GreetingJson> { first };
        foreach (var zone in zones)
        {
            greetings.Add(await GreetAsync(zone, elsewhere: first.ProcessId, timeout, time, cancellationToken));
        }

        return greetings;
    }

    /// <summary>What is wrong with the greetings, one line each.</summary>
    public static IReadOnlyList<string> FindFaults(IReadOnlyList<GreetingJson> greetings) =>
        [.. greetings.Where(greeting => greeting.Answer.Node != greeting.Node).Select(greeting => $"{greeting.Node}: greeted in the name of {greeting.Answer.Node ?? "nobody"}")];

    private static async Task<GreetingJson> GreetAsync((string Name, Uri Address) node, int? elsewhere, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        using var connection = new TargetConnection(node.Address, timeout, time);
        var client = new GreeterService.GreeterServiceClient(connection.Channel);
        var started = time.GetTimestamp();
        while (true)
        {
            var isPatient = time.GetElapsedTime(started) < StartPatience;
            try
            {
                var (response, answer) = await connection.CallAsync(options => client.GreetAsync(new GreetRequest(), options), cancellationToken);
                if (response.ProcessId != elsewhere)
                {
                    return new(node.Name, response.Text, response.ProcessId, answer);
                }
            }
            catch (TargetException fault) when (fault.Status is StatusCode.Unavailable or StatusCode.Unimplemented && isPatient)
            {
                // No replica is well yet.
            }

            if (!isPatient)
            {
                throw new CliException($"no greeter of {node.Name} was well within {StartPatience.TotalSeconds:0} s: edgemesh workload logs greeter says more");
            }

            await Task.Delay(PollInterval, time, cancellationToken);
        }
    }
}

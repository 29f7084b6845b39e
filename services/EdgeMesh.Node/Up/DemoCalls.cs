using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;
using Google.Protobuf;

namespace EdgeMesh.Node.Up;

/// <summary>Fetches the greeting twice through every edge: a miss becomes a hit.</summary>
internal static class DemoCalls
{
    private const int CallsPerEdge = 2;

    /// <summary>Makes the calls, one after the other.</summary>
    /// <param name="edges">Name and address of each edge.</param>
    /// <param name="timeout">The longest wait for one answer.</param>
    /// <param name="time">Measures the calls.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TargetException">A call failed.</exception>
    /// <exception cref="CliException">Two answers differed in content.</exception>
    public static async Task<IReadOnlyList<DemoCallJson>> RunAsync(IEnumerable<(string Name, Uri Address)> edges, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        var calls = new List<DemoCallJson>();
        ByteString? expected = null;
        var request = new GetObjectRequest { Bucket = DemoBucket.Name, Key = DemoBucket.Greeting };
        foreach (var (name, address) in edges)
        {
            using var connection = new TargetConnection(address, timeout, time);
            var client = new ObjectStoreService.ObjectStoreServiceClient(connection.Channel);
            for (var i = 0; i < CallsPerEdge; i++)
            {
                var (response, answer) = await connection.CallAsync(options => client.GetObjectAsync(request, options), cancellationToken);
                expected ??= response.Content;
                if (response.Content != expected)
                {
                    throw new CliException($"{name} answered with another content of {request.Bucket}/{request.Key} than the calls before");
                }

                calls.Add(new(name, $"{request.Bucket}/{request.Key}", answer));
            }
        }

        return calls;
    }

    /// <summary>What is wrong with the calls, one line each; empty when every edge answered a miss, then a hit, in its own name.</summary>
    public static IReadOnlyList<string> FindFaults(IReadOnlyList<DemoCallJson> calls, IReadOnlyList<string> edges)
    {
        var faults = new List<string>();
        foreach (var edge in edges)
        {
            var answers = calls.Where(call => call.Node == edge).Select(call => call.Answer).ToArray();
            if (answers.Select(answer => answer.Outcome).ToArray() is not [CacheStatusField.Miss, CacheStatusField.Hit])
            {
                faults.Add($"{edge}: expected a miss, then a hit; got {string.Join(", ", answers.Select(answer => $"{answer.Outcome} ({answer.CacheStatus ?? "no cache-status"})"))}");
            }

            faults.AddRange(answers.Where(answer => answer.Node != edge).Select(answer => $"{edge}: answered in the name of {answer.Node ?? "nobody"}"));
        }

        return faults;
    }
}

using EdgeMesh.Testing;
using EdgeMesh.V1;
using Grpc.Net.Client;

namespace EdgeMesh.Scenarios.Storage;

/// <summary>A Region in a process of its own, started in any way that a test needs, and a client of its object store.</summary>
internal sealed class RegionProcess : IAsyncDisposable
{
    internal const string Bucket = "photos";

    private readonly GrpcChannel _channel;

    private RegionProcess(ChildProcess process, Uri address)
    {
        Process = process;
        _channel = GrpcChannel.ForAddress(address);
        Client = new ObjectStoreService.ObjectStoreServiceClient(_channel);
    }

    internal ChildProcess Process { get; }

    internal ObjectStoreService.ObjectStoreServiceClient Client { get; }

    /// <summary>Starts a Region on a directory, and waits until it takes calls.</summary>
    /// <param name="dataDirectory">Where it keeps its objects.</param>
    /// <param name="environment">Variables for it.</param>
    /// <param name="under">A tool to run it under, with the tool's own arguments.</param>
    internal static async Task<RegionProcess> StartAsync(
        string dataDirectory, IEnumerable<KeyValuePair<string, string?>>? environment = null, params string[] under)
    {
        string[] command =
        [
            .. under, DotNetHost.Path, Path.Combine(AppContext.BaseDirectory, "edgemesh.dll"),
            "region", "--name", "eu-west-2", "--listen", "127.0.0.1:0", "--data", dataDirectory,
        ];
        var process = ChildProcess.Start(command[0], command[1..], environment);
        try
        {
            var ready = await process.WaitForLineAsync(line => line.StartsWith("ready ", StringComparison.Ordinal));
            return new RegionProcess(process, new Uri(ready.Split(' ')[2]));
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await Process.DisposeAsync();
    }
}

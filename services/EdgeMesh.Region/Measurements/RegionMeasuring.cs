using EdgeMesh.Probing.Mesh;
using EdgeMesh.Probing.Peers;
using EdgeMesh.Region.Topology;
using Microsoft.Extensions.Hosting;

namespace EdgeMesh.Region.Measurements;

/// <summary>Makes the Region a node of its own mesh: tells its prober who is there, the matrix what that measured, and clients who watch what both know, as an edge does by its control stream.</summary>
internal sealed class RegionMeasuring(TopologyState topology, TopologyOptions options, Prober prober, MatrixState matrix, MeshState mesh, TimeProvider time) : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            ulong? told = null;
            while (true)
            {
                var snapshot = topology.GetSnapshot();
                if (told != snapshot.Message.Version)
                {
                    prober.SetMesh(MeshNodes.Read(snapshot.Message.Nodes));
                    mesh.Set(MeshMessages.Write(snapshot.Message, matrix.ReadCoordinates()));
                }

                matrix.Take(options.RegionName, prober.Observe(whole: told is null));
                told = snapshot.Message.Version;

                // A mass join is told in a few turns.
                await Task.Delay(options.MinPushInterval, time, stoppingToken);
                await Task.WhenAny(snapshot.Changed, Task.Delay(options.HeartbeatInterval, time, stoppingToken));
                stoppingToken.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The node stops.
        }
    }
}

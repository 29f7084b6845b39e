using System.Diagnostics;
using System.Globalization;
using EdgeMesh.EdgeLocation;

namespace EdgeMesh.Benchmarks.Policies;

/// <summary>Edge locations in one process, which tell when each of them follows a policy.</summary>
internal static class EdgeGroup
{
    /// <summary>The hidden command that runs them; its arguments are the Region's address, its admin address, the number of the group, and how many they are.</summary>
    public const string ServeCommand = "serve-edges";

    /// <summary>What each line begins with: then the version and the time, in ticks of the machine's monotonic clock.</summary>
    public const string PolicyWord = "policy ";

    /// <summary>Serves until standard input ends.</summary>
    public static async Task<int> ServeAsync(string region, string admin, string group, string count)
    {
        var nodes = new List<EdgeLocationNode>();
        try
        {
            for (var i = 1; i <= int.Parse(count, CultureInfo.InvariantCulture); i++)
            {
                var options = new EdgeLocationOptions { Name = $"LHR{group}-{i.ToString(CultureInfo.InvariantCulture)}", Listen = "127.0.0.1:0", Region = new Uri(region), RegionAdmin = new Uri(admin), CacheBytes = 16 << 20 };
                var node = await EdgeLocationNode.StartAsync(options, _ => { }, CancellationToken.None);
                nodes.Add(node);
                node.PolicyChanged += version =>
                {
                    var time = Stopwatch.GetTimestamp();
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{PolicyWord}{version} {time}"));
                };
            }

            await Console.In.ReadToEndAsync();
            return 0;
        }
        finally
        {
            foreach (var node in nodes)
            {
                await node.DisposeAsync();
            }
        }
    }
}

using EdgeMesh.Lab.LatencySimulation;

namespace EdgeMesh.Lab.Tests.LatencySimulation;

/// <summary>Matrices that tests run on: small samples of real ones (Data/SOURCE.md), and made ones that no constant can have been fitted to.</summary>
internal static class SampleMatrices
{
    public static RttMatrix PlanetLab { get; } = RttMatrixReader.Read(PathOf("planetlab-120-slice9.tsv.gz"));

    public static RttMatrix AwsRegions { get; } = RttMatrixReader.Read(PathOf("aws-regions-p50.json.gz"));

    public static string PathOf(string file) => Path.Combine(AppContext.BaseDirectory, "LatencySimulation", "Data", file);

    /// <summary>Sites of a few machines each on a plane, with access links, and routes that are up to twice as long as the direct way.</summary>
    public static RttMatrix Clustered(int rows, int seed)
    {
        var random = new Random(seed);
        var sites = Enumerable.Range(0, rows / 3).Select(_ => (X: 150 * random.NextDouble(), Y: 60 * random.NextDouble())).ToArray();
        var places = Enumerable.Range(0, rows).Select(_ => (Site: random.Next(sites.Length), Access: 0.2 - (2 * Math.Log(1 - random.NextDouble())))).ToArray();
        var milliseconds = Enumerable.Range(0, rows).Select(_ => new double[rows]).ToArray();
        for (var i = 0; i < rows; i++)
        {
            for (var j = i + 1; j < rows; j++)
            {
                var (a, b) = (sites[places[i].Site], sites[places[j].Site]);
                var direct = Math.Sqrt(((a.X - b.X) * (a.X - b.X)) + ((a.Y - b.Y) * (a.Y - b.Y)));
                var stretch = 1 + Math.Pow(random.NextDouble(), 3);
                milliseconds[i][j] = milliseconds[j][i] = (direct * stretch) + places[i].Access + places[j].Access;
            }
        }

        return new RttMatrix([.. Enumerable.Range(0, rows).Select(i => $"r{i}")], milliseconds);
    }
}

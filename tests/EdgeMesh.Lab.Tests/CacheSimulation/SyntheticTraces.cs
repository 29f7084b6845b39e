using EdgeMesh.Lab.CacheSimulation.Traces;

namespace EdgeMesh.Lab.Tests.CacheSimulation;

/// <summary>Seeded traffic of the kinds that policies are good or bad at.</summary>
internal static class SyntheticTraces
{
    /// <summary>Independent requests, object k as often as 1 / (k + 1).</summary>
    public static Trace Zipf(int requests, int objects, int seed, bool sized = false)
    {
        var next = ZipfSampler(objects, 1);
        return Make(requests, seed, sized, (random, _) => next(random));
    }

    /// <summary>Half Zipf, half a loop over more objects than fit.</summary>
    public static Trace ZipfAndLoop(int requests, int objects, int seed)
    {
        var next = ZipfSampler(objects, 0.9);
        return Make(requests, seed, sized: false, (random, i) => i % 2 == 0 ? 1_000_000 + (i / 2 % objects) : next(random));
    }

    /// <summary>Each object twice, at most so many requests apart, and never again.</summary>
    public static Trace Recency(int requests, int distance, int seed)
    {
        var history = new List<long>();
        return Make(requests, seed, sized: false, (random, i) =>
        {
            history.Add(i < distance || random.Next(2) == 0 ? i : history[i - 1 - random.Next(distance)]);
            return history[i];
        });
    }

    /// <summary>Zipf over objects that others replace little by little.</summary>
    public static Trace Shifting(int requests, int objects, int seed, bool sized)
    {
        var next = ZipfSampler(objects, 0.9);
        return Make(requests, seed, sized, (random, i) => next(random) + (i / (requests / 20) * objects / 4));
    }

    private static Trace Make(int requests, int seed, bool sized, Func<Random, int, long> next)
    {
        var random = new Random(seed);
        var builder = new TraceBuilder();
        for (var i = 0; i < requests; i++)
        {
            var id = next(random, i);
            builder.Add((ulong)id, sized ? SizeOf(id, seed) : 1);
        }

        return builder.Build();
    }

    /// <summary>Log-normal about 8 KiB, as bodies on the Web are.</summary>
    private static long SizeOf(long id, int seed)
    {
        var random = new Random((int)((id * 7919) + seed));
        var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        return (long)Math.Clamp(Math.Exp(9 + (1.8 * normal)), 64, 20_000_000);
    }

    private static Func<Random, long> ZipfSampler(int objects, double exponent)
    {
        var cumulative = new double[objects];
        var sum = 0.0;
        for (var k = 0; k < objects; k++)
        {
            cumulative[k] = sum += Math.Pow(k + 1, -exponent);
        }

        return random =>
        {
            var place = Array.BinarySearch(cumulative, random.NextDouble() * sum);
            return place >= 0 ? place : ~place;
        };
    }
}

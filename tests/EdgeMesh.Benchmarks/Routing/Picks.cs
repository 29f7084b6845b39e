using BenchmarkDotNet.Attributes;
using EdgeMesh.Client.Picking;

namespace EdgeMesh.Benchmarks.Routing;

/// <summary>Choosing one of 64 nodes for a call, and what comes before: their table, which a client makes anew some times a second.</summary>
public class Picks
{
    private const int Times = 64;

    private readonly Candidate[] _candidates = [.. Enumerable.Range(0, Picker.MaxCandidates).Select(i => new Candidate
    {
        PropagationSeconds = 0.010 + (i * 0.0002),
        ServedSeconds = i % 3 == 0 ? 0.020 : 0.004,
        ServedFloorSeconds = 0.003,
        InFlight = i,
        Capacity = 1000,
        Warmth = 1,
        IsEjected = i % 11 == 5,
    })];

    private readonly Random _random = new(1);
    private PickTable _homeIsWell = null!;
    private PickTable _homeIsHot = null!;

    [GlobalSetup]
    public void MakeTables()
    {
        _homeIsWell = new PickTable(_candidates, 1);
        _candidates[1] = _candidates[1] with { InFlight = 1000 };
        _homeIsHot = new PickTable(_candidates, 1);
    }

    /// <summary>The home takes the call.</summary>
    [Benchmark(OperationsPerInvoke = Times)]
    public int HomeIsWell() => PickFrom(_homeIsWell, 0);

    /// <summary>Drawn from the band of those that are cold.</summary>
    [Benchmark(OperationsPerInvoke = Times)]
    public int HomeIsHot() => PickFrom(_homeIsHot, 0);

    /// <summary>The call's second try.</summary>
    [Benchmark(OperationsPerInvoke = Times)]
    public int HomeWasTried() => PickFrom(_homeIsWell, 0b10);

    /// <summary>Made once for many picks.</summary>
    [Benchmark]
    public PickTable Table() => new(_candidates, 1);

    private int PickFrom(PickTable table, ulong tried)
    {
        var sum = 0;
        for (var i = 0; i < Times; i++)
        {
            sum += table.Pick(tried, full: 0, _random);
        }

        return sum;
    }
}

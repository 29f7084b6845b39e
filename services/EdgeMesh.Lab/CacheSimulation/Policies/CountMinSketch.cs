using System.Numerics;

namespace EdgeMesh.Lab.CacheSimulation.Policies;

/// <summary>How often objects were asked for lately: counters up to 15, all halved after each ten requests per counted object. Einziger et al., ACM TOS 2017.</summary>
internal sealed class CountMinSketch
{
    private const int MaxCount = 15;
    private const int Rows = 4;
    private const int SampleFactor = 10;

    private readonly byte[] _counters;
    private readonly int _mask;
    private readonly int _sampleSize;
    private int _additions;

    /// <summary>Makes a sketch of zeros.</summary>
    /// <param name="objects">Objects that a cache is expected to hold.</param>
    public CountMinSketch(int objects)
    {
        var counters = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(objects, 16)) * Rows;
        _counters = new byte[counters * Rows];
        _mask = counters - 1;
        _sampleSize = SampleFactor * Math.Max(objects, 1);
    }

    /// <summary>Requests between two halvings.</summary>
    public int SampleSize => _sampleSize;

    public int Estimate(int item)
    {
        var least = MaxCount;
        for (var row = 0; row < Rows; row++)
        {
            least = Math.Min(least, _counters[PlaceOf(item, row)]);
        }

        return least;
    }

    public void Add(int item)
    {
        var added = false;
        for (var row = 0; row < Rows; row++)
        {
            ref var counter = ref _counters[PlaceOf(item, row)];
            if (counter < MaxCount)
            {
                counter++;
                added = true;
            }
        }

        if (added && ++_additions >= _sampleSize)
        {
            _additions /= 2;
            for (var i = 0; i < _counters.Length; i++)
            {
                _counters[i] >>= 1;
            }
        }
    }

    private int PlaceOf(int item, int row)
    {
        var hash = ((ulong)item + ((ulong)(row + 1) << 40)) * 0x9E3779B97F4A7C15;
        hash = (hash ^ (hash >> 29)) * 0xBF58476D1CE4E5B9;
        return (row * (_mask + 1)) + ((int)(hash >> 32) & _mask);
    }
}

namespace EdgeMesh.Latency.Search;

/// <summary>What a search has found out so far: a candidate's least round trip, or that it does not answer.</summary>
/// <remarks>Not thread-safe: the search owns it.</remarks>
internal sealed class SearchProbes
{
    private readonly TimeSpan[] _least;
    private readonly bool[] _tried;
    private readonly List<int> _answered = [];

    /// <summary>Nothing probed yet.</summary>
    /// <param name="candidates">How many there are.</param>
    public SearchProbes(int candidates)
    {
        _least = new TimeSpan[candidates];
        _tried = new bool[candidates];
    }

    /// <summary>Candidates that answered, in the order of their first answer.</summary>
    public IReadOnlyList<int> Answered => _answered;

    /// <summary>The one with the least round trip; -1 before the first answer.</summary>
    public int Best { get; private set; } = -1;

    /// <summary>Probes sent, the failed ones too.</summary>
    public int Count { get; private set; }

    /// <summary>True if a candidate was probed, whether it answered or not.</summary>
    public bool Tried(int candidate) => _tried[candidate];

    /// <summary>The least round trip of a candidate that answered, milliseconds.</summary>
    public double this[int candidate] => _least[candidate].TotalMilliseconds;

    /// <summary>The same, to the tick.</summary>
    public TimeSpan RoundTripOf(int candidate) => _least[candidate];

    /// <summary>Takes a probe's outcome.</summary>
    /// <param name="candidate">Who was probed.</param>
    /// <param name="roundTrip">Null if it failed; an implausible one counts as failed.</param>
    public void Add(int candidate, TimeSpan? roundTrip)
    {
        Count++;
        _tried[candidate] = true;
        if (roundTrip is not { } time || !RoundTrip.IsPlausible(time))
        {
            return;
        }

        if (_least[candidate] == TimeSpan.Zero)
        {
            _answered.Add(candidate);
        }

        if (_least[candidate] == TimeSpan.Zero || time < _least[candidate])
        {
            _least[candidate] = time;
        }

        if (Best < 0 || _least[candidate] < _least[Best])
        {
            Best = candidate;
        }
    }
}

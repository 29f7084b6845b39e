namespace EdgeMesh.Probing.Answers;

/// <summary>How many probes a stream may still send: a second's worth at once, and a hundred a second.</summary>
/// <remarks>A token bucket. Not thread-safe: the stream's loop owns it.</remarks>
internal sealed class ProbeAllowance(TimeProvider time)
{
    /// <summary>Eight times what a node sends to all of its peers together.</summary>
    public const int PerSecond = 100;

    private double _left = PerSecond;
    private long _read = time.GetTimestamp();

    /// <summary>Takes one.</summary>
    /// <returns>False: there is none left.</returns>
    public bool TryTake()
    {
        var now = time.GetTimestamp();
        _left = Math.Min(PerSecond, _left + (Math.Max(0, time.GetElapsedTime(_read, now).TotalSeconds) * PerSecond));
        _read = now;
        if (_left < 1)
        {
            return false;
        }

        _left--;
        return true;
    }
}

namespace EdgeMesh.Client.Calls;

/// <summary>How many calls may be sent a second time: one for every ten calls, and a reserve for the moment in which a node dies.</summary>
/// <remarks>A client whose every call fails must not double the load of a mesh that is down. As in gRFC A6's throttling and Finagle's budget. Thread-safe, without locks.</remarks>
internal sealed class RetryBudget
{
    /// <summary>What a call earns, in retries.</summary>
    public const double Share = 0.1;

    /// <summary>The most that is kept, and what there is at first: as many calls as a client may well have under way at one node.</summary>
    public const int Reserve = 100;

    private const long Whole = 1000;
    private long _left = Reserve * Whole;

    /// <summary>A call began.</summary>
    public void Earn()
    {
        // A lost race overshoots the reserve by a tenth of a retry.
        if (Volatile.Read(ref _left) < Reserve * Whole)
        {
            Interlocked.Add(ref _left, (long)(Share * Whole));
        }
    }

    /// <summary>Takes one retry.</summary>
    /// <returns>False: none is left.</returns>
    public bool TrySpend()
    {
        var left = Volatile.Read(ref _left);
        while (left >= Whole)
        {
            var seen = Interlocked.CompareExchange(ref _left, left - Whole, left);
            if (seen == left)
            {
                return true;
            }

            left = seen;
        }

        return false;
    }
}

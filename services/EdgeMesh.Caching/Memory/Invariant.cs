namespace EdgeMesh.Caching.Memory;

/// <summary>What must be true of a store's parts at any moment that its lock is free.</summary>
internal static class Invariant
{
    /// <summary>Checks one statement.</summary>
    /// <exception cref="InvalidOperationException">It does not hold: a defect of the store.</exception>
    public static void Holds(bool isTrue, string what, long kept, long found)
    {
        if (!isTrue)
        {
            throw new InvalidOperationException($"the store's parts disagree on {what}: {kept} and {found}");
        }
    }
}

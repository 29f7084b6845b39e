namespace EdgeMesh.Testing;

/// <summary>How long a test waits for a signal before it fails.</summary>
public static class TestDeadline
{
    /// <summary>30 s: far more than any signal here takes, even on two busy cores; far less than a test run's own limit.</summary>
    public static readonly TimeSpan Default = TimeSpan.FromSeconds(30);

    /// <summary>20 ms: between two questions whether something is so that gives no signal. Asking without a rest takes the processor from those who are to get there.</summary>
    public static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);
}

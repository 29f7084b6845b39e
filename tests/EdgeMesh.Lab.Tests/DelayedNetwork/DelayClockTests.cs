using System.Diagnostics;
using EdgeMesh.Lab.DelayedNetwork;
using EdgeMesh.Testing;

namespace EdgeMesh.Lab.Tests.DelayedNetwork;

/// <summary>Waits of the delayed network, in real time.</summary>
public sealed class DelayClockTests
{
    [Fact]
    public async Task WaitUntil_ManyAtOnce_NoneEndsBeforeItIsDue()
    {
        var start = Stopwatch.GetTimestamp();
        var ends = await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            // The latest first, so that each is the next of all when it comes.
            var due = start + ((200 - i) * Stopwatch.Frequency / 5000);
            await DelayClock.Shared.WaitUntilAsync(due, CancellationToken.None).WaitAsync(TestDeadline.Default);
            return (Due: due, Ended: Stopwatch.GetTimestamp());
        }));

        Assert.All(ends, end => Assert.True(end.Ended >= end.Due, $"ended {Stopwatch.GetElapsedTime(end.Ended, end.Due)} before it was due"));
    }

    [Fact]
    public async Task WaitUntil_ALaterOneIsWaitedForAlready_DoesNotWaitForThat()
    {
        using var end = new CancellationTokenSource();
        var later = DelayClock.Shared.WaitUntilAsync(Stopwatch.GetTimestamp() + (3600 * Stopwatch.Frequency), end.Token);

        await DelayClock.Shared.WaitUntilAsync(Stopwatch.GetTimestamp() + (Stopwatch.Frequency / 1000), CancellationToken.None).WaitAsync(TestDeadline.Default);

        Assert.False(later.IsCompleted);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => later);
    }

    [Fact]
    public async Task WaitUntil_IsDueAlready_EndsAtOnce() => await DelayClock.Shared.WaitUntilAsync(Stopwatch.GetTimestamp(), CancellationToken.None).WaitAsync(TestDeadline.Default);
}

namespace EdgeMesh.Client.Hedging;

/// <summary>Waits for a call's hedging delay; disposed of when the call was answered before, which costs less than a delay that is cancelled.</summary>
internal sealed class HedgeTimer : IDisposable
{
    private readonly TaskCompletionSource _elapsed = new(Continuations.Options);
    private readonly ITimer _timer;

    public HedgeTimer(TimeProvider time, TimeSpan delay) => _timer = time.CreateTimer(static state => ((TaskCompletionSource)state!).TrySetResult(), _elapsed, delay, Timeout.InfiniteTimeSpan);

    public Task Elapsed => _elapsed.Task;

    public void Dispose() => _timer.Dispose();
}

using EdgeMesh.Testing;
using EdgeMesh.V1;
using Grpc.Net.Client;

namespace EdgeMesh.Scenarios.Sidecar;

/// <summary>Callers of an ordinary client that read one object through a sidecar, one call after another, until one fails.</summary>
internal sealed class SafeLoad : IAsyncDisposable
{
    public const string Bucket = "mesh";
    public const string Key = "greeting.txt";

    private const int Callers = 4;

    private readonly CancellationTokenSource _over = new();
    private readonly GrpcChannel _channel;
    private readonly List<Task> _callers;
    private int _answered;

    /// <summary>Begins to call.</summary>
    public SafeLoad(Uri sidecar)
    {
        _channel = GrpcChannel.ForAddress(sidecar);
        var store = new ObjectStoreService.ObjectStoreServiceClient(_channel);
        _callers = [.. Enumerable.Range(0, Callers).Select(_ => CallAsync(store))];
    }

    /// <summary>Waits for so many more answers than there are.</summary>
    public Task UntilAnsweredAsync(int more)
    {
        var enough = Volatile.Read(ref _answered) + more;
        return UntilAsync(() => Task.FromResult(Volatile.Read(ref _answered) >= enough));
    }

    /// <summary>Waits while all calls succeed.</summary>
    public async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var limit = new CancellationTokenSource(TestDeadline.Default);
        while (!await isSo())
        {
            limit.Token.ThrowIfCancellationRequested();
            if (_callers.FirstOrDefault(caller => caller.IsCompleted) is { } failed)
            {
                await failed;
            }

            await Task.Delay(10, CancellationToken.None);
        }
    }

    /// <summary>Ends the load. Fails if a call did.</summary>
    public async Task EndAsync()
    {
        await _over.CancelAsync();
        await Task.WhenAll(_callers);
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await Task.WhenAll(_callers).ContinueWith(_ => { }, TaskScheduler.Default);
        _channel.Dispose();
        _over.Dispose();
    }

    private async Task CallAsync(ObjectStoreService.ObjectStoreServiceClient store)
    {
        while (!_over.IsCancellationRequested)
        {
            var answer = await store.GetObjectAsync(new GetObjectRequest { Bucket = Bucket, Key = Key }, deadline: DateTime.UtcNow + TestDeadline.Default);
            Assert.Equal("hello", answer.Content.ToStringUtf8());
            Interlocked.Increment(ref _answered);
        }
    }
}

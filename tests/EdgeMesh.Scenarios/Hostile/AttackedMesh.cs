using System.Diagnostics;
using System.Globalization;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeMesh.Scenarios.Hostile;

/// <summary>A Region and an edge with a small cache, and callers who mean well, whose calls must go on whatever others do.</summary>
public sealed class AttackedMesh : IAsyncLifetime
{
    public const string GetObject = "/edgemesh.v1.ObjectStoreService/GetObject";
    // Some attacks are over at once, since the node ends their connections: repeated until others have made calls enough to be measured by.
    private static readonly TimeSpan MinDuration = TimeSpan.FromSeconds(2);

    public const int LargeBytes = 3 * 1024 * 1024;

    private readonly TempDirectory _directory = new();
    private readonly Lock _lock = new();
    private readonly List<(long Answers, TaskCompletionSource Reached)> _waiting = [];
    private long _answers;
    private GrpcChannel _channel = null!;
    private NodeProcess _region = null!;

    /// <summary>The edge under attack.</summary>
    public NodeProcess Edge { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        _region = await NodeProcess.StartRegionAsync(_directory.File("data"));
        Edge = await NodeProcess.StartEdgeAsync(_region, "LHR50-1", "--cache-bytes", "32MiB");
        await Edge.Process.WaitForLineAsync("Joined Region");
        _channel = GrpcChannel.ForAddress(Edge.Address);
        var store = new ObjectStoreService.ObjectStoreServiceClient(_channel);
        await store.CreateBucketAsync(new CreateBucketRequest { Bucket = "demo" });
        await PutAsync(store, "small", 1024);
        await PutAsync(store, "large", LargeBytes);

        // Warm: a first answer of each kind, so that memory is compared with a node that has worked.
        for (var i = 0; i < 50; i++)
        {
            await store.GetObjectAsync(new GetObjectRequest { Bucket = "demo", Key = "small" });
            await store.GetObjectAsync(new GetObjectRequest { Bucket = "demo", Key = "large" });
        }
    }

    public async Task DisposeAsync()
    {
        _channel.Dispose();
        await Edge.DisposeAsync();
        await _region.DisposeAsync();
        _directory.Dispose();
    }

    /// <summary>The message of a call for an object, framed.</summary>
    public static byte[] Request(string key) => Framed(new GetObjectRequest { Bucket = "demo", Key = key }.ToByteArray());

    /// <summary>A message with its frame header.</summary>
    public static byte[] Framed(byte[] message) => [0, (byte)(message.Length >> 24), (byte)(message.Length >> 16), (byte)(message.Length >> 8), (byte)message.Length, .. message];

    /// <summary>Runs an attack beside callers who mean well.</summary>
    /// <param name="attack">Ends by itself.</param>
    /// <returns>What it cost.</returns>
    public async Task<Damage> SufferAsync(Func<Uri, Task> attack)
    {
        var before = Memory("VmRSS");
        var processor = ProcessorTime();
        var clock = Stopwatch.StartNew();
        using var over = new CancellationTokenSource();
        var callers = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => CallAsync(over.Token))));
        var peak = WatchMemoryAsync(over.Token);
        do
        {
            await attack(Edge.Address);
        }
        while (clock.Elapsed < MinDuration);
        var elapsed = clock.Elapsed;
        var used = ProcessorTime() - processor;
        await over.CancelAsync();
        var waits = (await callers).SelectMany(all => all.Waits).Order().ToList();
        var failures = (await callers).SelectMany(all => all.Failures).ToList();
        return new Damage(before, await peak, used, elapsed, waits.Count, waits.Count == 0 ? TimeSpan.MaxValue : waits[(int)(waits.Count * 0.99)], failures);
    }

    /// <summary>Completes when those callers have had so many answers more: how long an attack keeps up what it has built.</summary>
    public Task WaitForAnswersAsync(int more)
    {
        lock (_lock)
        {
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((_answers + more, reached));
            return reached.Task.WaitAsync(TestDeadline.Default);
        }
    }

    private void CountAnswer()
    {
        lock (_lock)
        {
            _answers++;
            _waiting.RemoveAll(wait => wait.Answers <= _answers && wait.Reached.TrySetResult());
        }
    }

    private static async Task PutAsync(ObjectStoreService.ObjectStoreServiceClient store, string key, int bytes)
    {
        var content = new byte[bytes];
        Random.Shared.NextBytes(content);
        await store.PutObjectAsync(new PutObjectRequest { Spec = new ObjectSpec { Bucket = "demo", Key = key }, Content = ByteString.CopyFrom(content) });
    }

    private async Task<(List<TimeSpan> Waits, List<string> Failures)> CallAsync(CancellationToken over)
    {
        using var channel = GrpcChannel.ForAddress(Edge.Address);
        var store = new ObjectStoreService.ObjectStoreServiceClient(channel);
        var waits = new List<TimeSpan>();
        var failures = new List<string>();
        while (!over.IsCancellationRequested)
        {
            var began = Stopwatch.GetTimestamp();
            try
            {
                await store.GetObjectAsync(new GetObjectRequest { Bucket = "demo", Key = "small" }, deadline: DateTime.UtcNow.AddSeconds(20));
                waits.Add(Stopwatch.GetElapsedTime(began));
                CountAnswer();
            }
            catch (RpcException fault)
            {
                failures.Add(fault.Status.ToString());
            }
        }

        return (waits, failures);
    }

    private async Task<long> WatchMemoryAsync(CancellationToken over)
    {
        var peak = 0L;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (!over.IsCancellationRequested)
        {
            peak = Math.Max(peak, Memory("VmRSS"));
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }

        return peak;
    }

    /// <summary>A figure of the edge's memory, in bytes, as the kernel knows it (proc_pid_status(5)).</summary>
    private long Memory(string field)
    {
        var line = File.ReadLines($"/proc/{Edge.Process.Id}/status").First(l => l.StartsWith(field + ":", StringComparison.Ordinal));
        return long.Parse(line[(field.Length + 1)..].Replace("kB", "", StringComparison.Ordinal), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture) * 1024;
    }

    private TimeSpan ProcessorTime()
    {
        using var process = Process.GetProcessById(Edge.Process.Id);
        return process.TotalProcessorTime;
    }
}

/// <summary>What an attack cost.</summary>
/// <param name="Before">The edge's resident memory before it, bytes.</param>
/// <param name="Peak">The most during it, bytes.</param>
/// <param name="Processor">Processor time that the edge used.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="Calls">Calls of others that were answered meanwhile.</param>
/// <param name="P99">What 99 of 100 of them took at most.</param>
/// <param name="Failures">Statuses of those that failed.</param>
public sealed record Damage(long Before, long Peak, TimeSpan Processor, TimeSpan Elapsed, int Calls, TimeSpan P99, IReadOnlyList<string> Failures)
{
    /// <summary>How much more memory it took, bytes.</summary>
    public long Growth => Peak - Before;

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"memory {Before >> 20} -> {Peak >> 20} MiB; processor {Processor.TotalSeconds:0.0} s in {Elapsed.TotalSeconds:0.0} s; others: {Calls} calls, p99 {P99.TotalMilliseconds:0.0} ms, {Failures.Count} failed");
}

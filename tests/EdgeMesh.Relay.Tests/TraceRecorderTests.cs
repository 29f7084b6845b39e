using EdgeMesh.Caching;
using EdgeMesh.Caching.Eviction;
using EdgeMesh.Relay.Cache;
using EdgeMesh.Testing;

namespace EdgeMesh.Relay.Tests;

public sealed class TraceRecorderTests
{
    [Fact]
    public async Task Record_HitsMissesAndWaits_OneRecordEachWithTheSameSize()
    {
        using var directory = new TempDirectory();
        var path = Path.Combine(directory.Path, "own.trace");
        var frame = Frames.Of("socks");
        await using var origin = await RawOrigin.StartAsync(async context =>
            await RawOrigin.AnswerAsync(context, await RawOrigin.ReadAllAsync(context), ("cache-control", "max-age=60")));
        await using (var trace = TraceRecorder.Start(path, TimeProvider.System))
        {
            var options = new RelayOptions { NodeName = "LHR50-1", NodeDescription = "edge location LHR50-1", UnaryWait = TimeSpan.FromSeconds(20), Trace = trace };
            await using var node = await RelayFixture.StartAsync(origin.Address, options);
            using var caller = new RawCaller(node.Address);
            await caller.CallAsync("/shop.v1.Catalog/Get", frame);
            await caller.CallAsync("/shop.v1.Catalog/Get", frame);
            await caller.CallAsync("/shop.v1.Catalog/Get", Frames.Of(new byte[60_000]));
            await caller.CallAsync("/shop.v1.Catalog/Get", frame);
            await node.CountersAfterAsync(4);
        }

        var records = Read(path);
        Assert.Equal([frame.Length, frame.Length, 60_005, frame.Length], records.Select(record => record.Bytes));
        Assert.Equal(2, records.Select(record => record.Hash).Distinct().Count());
        Assert.Equal(records[0].Hash, records[3].Hash);
    }

    [Fact]
    public async Task Record_MoreThanTheDiskTakes_DropsAndCounts()
    {
        using var gate = new ManualResetEventSlim();
        var disk = new SlowStream(gate);
        var trace = TraceRecorder.Start(disk, new ManualTimeProvider());
        const int Requests = 100_000;
        for (var i = 0; i < Requests; i++)
        {
            trace.Record(KeyHash.Compute([(byte)i]), i);
        }

        // Nothing waited for the disk.
        Assert.InRange(trace.Dropped, 1, Requests - 65_536);
        gate.Set();
        await trace.DisposeAsync();
        Assert.Equal(Requests - trace.Dropped, (disk.Length - RecordedTrace.HeaderBytes) / RecordedTrace.RecordBytes);
        Assert.True(disk.IsClosed);
    }

    [Fact]
    public async Task Record_DiskFails_GoesOnAndCounts()
    {
        var trace = TraceRecorder.Start(new FullStream(), new ManualTimeProvider());
        trace.Record(KeyHash.Compute([1]), 1);
        await trace.DisposeAsync();
        trace.Record(KeyHash.Compute([2]), 1);

        Assert.IsType<IOException>(trace.Failure);
        Assert.InRange(trace.Dropped, 1, 2);
    }

    private static List<(ulong Hash, long Bytes)> Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        Assert.True(RecordedTrace.IsHeader(bytes));
        return [.. bytes.Skip(RecordedTrace.HeaderBytes).Chunk(RecordedTrace.RecordBytes).Select(record => RecordedTrace.ReadRecord(record))];
    }

    private sealed class SlowStream(ManualResetEventSlim gate) : MemoryStream
    {
        private long _length;

        public override long Length => _length;

        public bool IsClosed { get; private set; }

        public override void Write(ReadOnlySpan<byte> buffer) => _length += buffer.Length;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            gate.Wait(TestDeadline.Default, cancellationToken);
            _length += buffer.Length;
            return ValueTask.CompletedTask;
        }

        protected override void Dispose(bool disposing)
        {
            IsClosed = true;
            base.Dispose(disposing);
        }
    }

    private sealed class FullStream : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("No space left on device");
    }
}

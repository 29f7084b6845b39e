using System.IO.Pipelines;
using EdgeMesh.Relay.Calls;
using EdgeMesh.Testing;

namespace EdgeMesh.Relay.Tests;

public sealed class UnaryRequestTests
{
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task ReadAsync_NoEndWithinTheWait_LeavesTheMessageToTheNextReader()
    {
        // The caller of a bidirectional stream sends a message and waits for its answer: nothing else comes.
        byte[] frame = [0, 0, 0, 0, 1, 42];
        var time = new ManualTimeProvider();
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(frame);
        var reading = UnaryRequest.ReadAsync(pipe.Reader, 1024, Wait, time, CancellationToken.None).AsTask();
        await time.WaitForTimersAsync(1);

        time.Advance(Wait);

        var (shape, _) = await reading.WaitAsync(TestDeadline.Default);
        Assert.Equal(RequestShape.Open, shape);
        var next = pipe.Reader.ReadAsync();
        Assert.True(next.IsCompleted);
        Assert.Equal(frame, System.Buffers.BuffersExtensions.ToArray((await next).Buffer));
    }

    [Fact]
    public async Task ReadAsync_NothingWithinTheWait_LeavesWhatComesToTheNextReader()
    {
        var time = new ManualTimeProvider();
        var pipe = new Pipe();
        var reading = UnaryRequest.ReadAsync(pipe.Reader, 1024, Wait, time, CancellationToken.None).AsTask();
        await time.WaitForTimersAsync(1);
        time.Advance(Wait);
        Assert.Equal(RequestShape.Open, (await reading.WaitAsync(TestDeadline.Default)).Shape);

        // A reader that goes on after an empty read, as the copy does.
        var empty = await pipe.Reader.ReadAsync();
        pipe.Reader.AdvanceTo(empty.Buffer.End);
        await pipe.Writer.WriteAsync(new byte[] { 7 });

        Assert.Equal(1, (await pipe.Reader.ReadAsync()).Buffer.Length);
    }

    [Fact]
    public async Task ReadAsync_TimerAfterTheCallersReset_HarmsNobody()
    {
        var time = new ManualTimeProvider();
        var reader = new ResetReader();
        var reading = UnaryRequest.ReadAsync(reader, 1024, Wait, time, CancellationToken.None).AsTask();
        await time.WaitForTimersAsync(1);

        time.Advance(Wait);

        Assert.Equal(1, reader.Refusals);
        reader.Fail();
        await Assert.ThrowsAsync<IOException>(() => reading.WaitAsync(TestDeadline.Default));
    }

    [Fact]
    public async Task TryRead_WholeRequest_IsTakenAtOnce()
    {
        byte[] frame = [0, 0, 0, 0, 1, 42];
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(frame);
        await pipe.Writer.CompleteAsync();

        Assert.True(UnaryRequest.TryRead(pipe.Reader, 1024, out var taken));
        Assert.Equal(frame, System.Buffers.BuffersExtensions.ToArray(taken));
    }

    [Theory]
    [InlineData("00 00000001 2a", false)] // No end yet.
    [InlineData("00 00000001 2a 00", true)] // A second message.
    [InlineData("00 00000002 2a", true)] // Cut off.
    [InlineData("00 00000401", true)] // Too long.
    public async Task TryRead_AnythingElse_LeavesItToTheNextReader(string hex, bool isEnded)
    {
        var bytes = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(bytes);
        if (isEnded)
        {
            await pipe.Writer.CompleteAsync();
        }

        Assert.False(UnaryRequest.TryRead(pipe.Reader, 1024, out _));
        var next = pipe.Reader.ReadAsync();
        Assert.True(next.IsCompleted);
        Assert.Equal(bytes, System.Buffers.BuffersExtensions.ToArray((await next).Buffer));
    }

    [Fact]
    public void TryRead_Nothing_IsFalse() => Assert.False(UnaryRequest.TryRead(new Pipe().Reader, 1024, out _));

    [Fact]
    public async Task TryRead_CallerGone_IsFalse()
    {
        var pipe = new Pipe();
        await pipe.Writer.CompleteAsync(new IOException("gone"));

        Assert.False(UnaryRequest.TryRead(pipe.Reader, 1024, out _));
    }

    /// <summary>A request's pipe as the server leaves it when the caller has reset the stream, and the read under way has yet to hear of it.</summary>
    private sealed class ResetReader : PipeReader
    {
        private readonly TaskCompletionSource<ReadResult> _read = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Refusals { get; private set; }

        public void Fail() => _read.SetException(new IOException("The client reset the request stream."));

        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => new(_read.Task);

        public override void CancelPendingRead()
        {
            Refusals++;
            throw new IOException("The client reset the request stream.");
        }

        public override void AdvanceTo(SequencePosition consumed) => throw new NotSupportedException();

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => throw new NotSupportedException();

        public override void Complete(Exception? exception = null) => throw new NotSupportedException();

        public override bool TryRead(out ReadResult result) => throw new NotSupportedException();
    }
}

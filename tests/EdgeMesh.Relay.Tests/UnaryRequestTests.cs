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
}

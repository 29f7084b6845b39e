using System.IO.Pipes;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Servers;
using EdgeMesh.Testing;

namespace EdgeMesh.Node.Tests.Servers;

public sealed class NodeRunTests : IDisposable
{
    private readonly Interruption _interruption = new();
    private readonly MemoryStream _output = new();
    private readonly StringWriter _error = new();
    private readonly FakeNode _node = new();

    public void Dispose() => _interruption.Dispose();

    [Fact]
    public async Task RunAsync_Interrupted_SaysReadyThenStops()
    {
        var run = Run(Stream.Null, TimeProvider.System, exitOnStdinClose: false);
        _interruption.Request();

        Assert.Equal(ExitCodes.Success, await run.WaitAsync(TestDeadline.Default));
        Assert.Equal("admin LHR50-1 http://127.0.0.1:6501\nready LHR50-1 http://127.0.0.1:6401\n", System.Text.Encoding.UTF8.GetString(_output.ToArray()).ReplaceLineEndings("\n"));
        Assert.True(_node.IsStopped);
        Assert.True(_node.IsDisposed);
    }

    [Fact]
    public async Task RunAsync_EndOfStandardInput_Stops()
    {
        using var parent = new AnonymousPipeServerStream(PipeDirection.Out);
        using var child = new AnonymousPipeClientStream(PipeDirection.In, parent.ClientSafePipeHandle);
        var run = Run(child, TimeProvider.System, exitOnStdinClose: true);
        await parent.WriteAsync("what a parent says means nothing\n"u8.ToArray());
        Assert.False(run.IsCompleted);

        parent.Dispose();

        Assert.Equal(ExitCodes.Success, await run.WaitAsync(TestDeadline.Default));
        Assert.True(_node.IsStopped);
    }

    [Fact]
    public async Task RunAsync_EndOfStandardInputUnasked_GoesOn()
    {
        var run = Run(Stream.Null, TimeProvider.System, exitOnStdinClose: false);

        Assert.False(run.IsCompleted);
        _interruption.Request();
        await run.WaitAsync(TestDeadline.Default);
    }

    [Fact]
    public async Task RunAsync_StopThatHangs_IsEndedAfterItsTime()
    {
        var time = new ManualTimeProvider();
        _node.Hangs = true;
        var run = Run(Stream.Null, time, exitOnStdinClose: false);
        _interruption.Request();
        await time.WaitForTimersAsync(2).WaitAsync(TestDeadline.Default);

        time.Advance(TimeSpan.FromSeconds(30));
        Assert.True(_node.StopToken.IsCancellationRequested);
        Assert.False(run.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(6));

        Assert.Equal(ExitCodes.Failed, await run.WaitAsync(TestDeadline.Default));
        Assert.Equal("edgemesh: LHR50-1 did not stop in time and is ended as it is.", _error.ToString().TrimEnd());
    }

    [Fact]
    public async Task RunAsync_LoopFails_SaysWhyStopsAndFails()
    {
        var run = Run(Stream.Null, TimeProvider.System, exitOnStdinClose: false);
        _node.Failure.SetResult(new InvalidOperationException("the prober met a peer of no kind"));

        Assert.Equal(ExitCodes.Failed, await run.WaitAsync(TestDeadline.Default));
        Assert.True(_node.IsStopped);
        Assert.True(_node.IsDisposed);
        Assert.StartsWith("edgemesh: LHR50-1 cannot go on, and stops: ", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("the prober met a peer of no kind", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_InterruptedStart_EndsWithoutReady()
    {
        var starting = new TaskCompletionSource();
        var run = new NodeRun(Terminal.Redirected(Stream.Null, _output, _error, new Dictionary<string, string>()), _interruption, TimeProvider.System).RunAsync(
            "LHR50-1",
            () => TimeSpan.FromSeconds(30),
            exitOnStdinClose: false,
            async cancellation =>
            {
                await starting.Task.WaitAsync(cancellation);
                return _node.Started;
            });
        _interruption.Request();

        Assert.Equal(ExitCodes.Success, await run.WaitAsync(TestDeadline.Default));
        Assert.Empty(_output.ToArray());
    }

    private Task<int> Run(Stream input, TimeProvider time, bool exitOnStdinClose) =>
        new NodeRun(Terminal.Redirected(input, _output, _error, new Dictionary<string, string>()), _interruption, time)
            .RunAsync("LHR50-1", () => TimeSpan.FromSeconds(30), exitOnStdinClose, _ => Task.FromResult(_node.Started));

    private sealed class FakeNode : IAsyncDisposable
    {
        public TaskCompletionSource<Exception> Failure { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool Hangs { get; set; }

        public bool IsStopped { get; private set; }

        public bool IsDisposed { get; private set; }

        public CancellationToken StopToken { get; private set; }

        public StartedNode Started => new(new Uri("http://127.0.0.1:6401"), new Uri("http://127.0.0.1:6501"), _ => { }, StopAsync, Failure.Task, this);

        public ValueTask DisposeAsync()
        {
            IsDisposed = true;
            return ValueTask.CompletedTask;
        }

        private Task StopAsync(CancellationToken cancellationToken)
        {
            StopToken = cancellationToken;
            IsStopped = true;
            return Hangs ? new TaskCompletionSource().Task : Task.CompletedTask;
        }
    }
}

using EdgeMesh.GrpcStack.Client;

namespace EdgeMesh.GrpcStack.Tests.Client;

/// <summary>What the transport does to a request body when it has to try another connection.</summary>
public sealed class ClientRequestStreamContentTests
{
    [Fact]
    public async Task CopyTo_BeforeAnythingIsTaken_MayHappenAgain()
    {
        using var content = new RequestStreamContent();
        using var first = new MemoryStream();
        using var second = new MemoryStream();
        using var refused = new CancellationTokenSource();
        var refusedCopy = content.CopyToAsync(first, refused.Token);
        await refused.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => refusedCopy);

        var copy = content.CopyToAsync(second);
        var taken = await content.TakeStreamAsync(CancellationToken.None);
        await taken.WriteAsync("x"u8.ToArray());
        content.Complete();
        await copy.InTime();

        Assert.Empty(first.ToArray());
        Assert.Equal("x"u8.ToArray(), second.ToArray());
    }

    [Fact]
    public async Task CopyTo_AfterSomethingIsTaken_FailsRatherThanLosesIt()
    {
        using var content = new RequestStreamContent();
        var copy = content.CopyToAsync(Stream.Null);
        await content.TakeStreamAsync(CancellationToken.None);

        var failure = await Assert.ThrowsAnyAsync<Exception>(() => content.CopyToAsync(Stream.Null));

        Assert.True(failure is IOException || failure.InnerException is IOException, failure.ToString());
        content.Complete();
        await copy.InTime();
    }

    [Fact]
    public async Task CopyTo_BeforeAnythingIsWritten_FlushesSoThatHeadersGo()
    {
        using var content = new RequestStreamContent();
        using var stream = new FlushedStream();
        var copy = content.CopyToAsync(stream);

        await stream.Flushed.InTime();

        content.Complete();
        await copy.InTime();
    }

    [Fact]
    public async Task CopyTo_Aborted_BreaksOff()
    {
        using var content = new RequestStreamContent();
        var copy = content.CopyToAsync(Stream.Null);

        content.Abort();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => copy.InTime());
    }

    private sealed class FlushedStream : MemoryStream
    {
        private readonly TaskCompletionSource _flushed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Flushed => _flushed.Task;

        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            _flushed.TrySetResult();
            return Task.CompletedTask;
        }
    }
}

using EdgeMesh.Client.Calls;
using EdgeMesh.Testing;

namespace EdgeMesh.Client.Tests.Calls;

public sealed class HeldBodyTests
{
    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(1, 0, false)]
    [InlineData(5000, 5000, true)]
    [InlineData(5001, 5000, false)]
    [InlineData(50000, 5000, false)]
    public async Task ReadAsync_UpToTheLimit_IsHeldAndALongerOnePassesOnce(int bytes, int limit, bool isHeld)
    {
        var body = new byte[bytes];
        new Random(1).NextBytes(body);

        var (whole, passing) = await HeldBody.ReadAsync(new OnceContent(body), limit, CancellationToken.None);

        Assert.Equal(isHeld, whole is not null);
        using var sent = new MemoryStream();
        if (passing is not null)
        {
            await passing.CopyToAsync(sent);
            await Assert.ThrowsAsync<HttpRequestException>(() => passing.CopyToAsync(Stream.Null));
        }

        Assert.Equal(body, whole?.ToArray() ?? sent.ToArray());
    }

    [Fact]
    public async Task ReadAsync_LongContentThatCannotWait_IsAskedAgain()
    {
        var content = new SynchronousContent(new byte[100]);

        var (whole, passing) = await HeldBody.ReadAsync(content, 10, CancellationToken.None);

        Assert.Null(whole);
        Assert.Same(content, passing);
    }

    [Fact]
    public async Task ReadAsync_LongContentThatNobodyTakes_EndsWhenItsCallDoes()
    {
        using var ended = new CancellationTokenSource();
        var content = new OnceContent(new byte[100]);
        Assert.NotNull((await HeldBody.ReadAsync(content, 10, ended.Token)).Passing);
        Assert.False(content.Ended.IsCompleted);

        await ended.CancelAsync();

        await content.Ended.WaitAsync(TestDeadline.Default);
    }

    [Fact]
    public async Task ReadAsync_NoContent_IsEmpty() => Assert.Equal(0, (await HeldBody.ReadAsync(null, 10, CancellationToken.None)).Whole!.Value.Length);

    [Fact]
    public async Task ReadAsync_ContentThatFails_FailsAsItDoes() =>
        await Assert.ThrowsAsync<InvalidOperationException>(() => HeldBody.ReadAsync(new FailingContent(), 10, CancellationToken.None).AsTask());

    /// <summary>What comes from a connection: in pieces, and only once.</summary>
    private sealed class OnceContent(byte[] body) : HttpContent
    {
        private readonly TaskCompletionSource _ended = new();
        private bool _hasBegun;

        public Task Ended => _ended.Task;

        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context, CancellationToken cancellationToken)
        {
            Assert.False(_hasBegun);
            _hasBegun = true;
            try
            {
                foreach (var piece in body.Chunk(999))
                {
                    await Task.Yield();
                    await stream.WriteAsync(piece, cancellationToken);
                }
            }
            finally
            {
                _ended.SetResult();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    private sealed class SynchronousContent(byte[] body) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            stream.Write(body, 0, body.Length);
            return Task.CompletedTask;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    private sealed class FailingContent : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) => throw new InvalidOperationException("The message cannot be written.");

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}

using Grpc.Core;

namespace EdgeMesh.GrpcStack.Tests.Core;

public sealed class AsyncStreamReaderExtensionsTests
{
    [Fact]
    public async Task ReadAllAsync_Stream_IsReadToItsEnd()
    {
        var read = new List<string>();

        await foreach (var message in new Words("a", "b").ReadAllAsync())
        {
            read.Add(message);
        }

        Assert.Equal(["a", "b"], read);
    }

    [Fact]
    public async Task ReadAllAsync_Cancelled_PassesTheTokenOn()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(async () =>
        {
            await foreach (var message in new Words("a").ReadAllAsync().WithCancellation(cancelled.Token))
            {
                Assert.Fail($"Read {message}.");
            }
        });
    }

    [Fact]
    public async Task MoveNext_WithoutToken_Reads()
    {
        var words = new Words("a");

        Assert.True(await words.MoveNext());
        Assert.Equal("a", words.Current);
        Assert.False(await words.MoveNext());
    }

    private sealed class Words(params string[] words) : IAsyncStreamReader<string>
    {
        private int _next;

        public string Current => words[_next - 1];

        public Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return Task.FromResult(_next++ < words.Length);
        }
    }
}

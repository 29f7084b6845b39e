using EdgeMesh.Client.Calls;

namespace EdgeMesh.Client.Tests.Calls;

public sealed class HeldBodyTests
{
    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(1, 0, false)]
    [InlineData(5000, 5000, true)]
    [InlineData(5001, 5000, false)]
    public async Task ReadAsync_UpToTheLimit_IsHeld(int bytes, int limit, bool isHeld)
    {
        var body = new byte[bytes];
        new Random(1).NextBytes(body);

        var held = await HeldBody.ReadAsync(new ByteArrayContent(body), limit, CancellationToken.None);

        Assert.Equal(isHeld, held is not null);
        Assert.Equal(isHeld ? body : [], held?.ToArray() ?? []);
    }

    [Fact]
    public async Task ReadAsync_NoContent_IsEmpty() => Assert.Equal(0, (await HeldBody.ReadAsync(null, 10, CancellationToken.None))!.Value.Length);

    [Fact]
    public async Task ReadAsync_ContentThatFails_FailsAsItDoes() =>
        await Assert.ThrowsAsync<InvalidOperationException>(() => HeldBody.ReadAsync(new FailingContent(), 10, CancellationToken.None).AsTask());

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

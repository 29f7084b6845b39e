using System.Buffers;
using System.Net;
using System.Runtime.CompilerServices;

namespace EdgeMesh.Client.Calls;

/// <summary>Takes a unary answer in whole before it is handed over: only then is its status known, which stands in the trailers.</summary>
internal static class HeldAnswer
{
    // Most answers.
    private const int FirstBytes = 4096;

    /// <summary>Reads an answer to its end, or to the limit; its content is then what was read and, past the limit, the rest as it comes.</summary>
    /// <param name="answer">Its trailers are there afterwards, unless it is longer than the limit: then it is committed to as it is.</param>
    /// <param name="maxBytes">The limit.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public static async ValueTask HoldAsync(HttpResponseMessage answer, int maxBytes, CancellationToken cancellationToken)
    {
        var former = answer.Content;
        var stream = await former.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var (body, isWhole) = await ReadAsync(stream, maxBytes, cancellationToken).ConfigureAwait(false);
        HttpContent held = isWhole ? new ReadOnlyMemoryContent(body) : new PartlyHeldContent(body, stream, former);
        foreach (var field in former.Headers.NonValidated)
        {
            held.Headers.TryAddWithoutValidation(field.Key, field.Value);
        }

        answer.Content = held;
        if (isWhole)
        {
            former.Dispose();
        }
    }

    /// <summary>A short answer costs an array of its length: it is read into a lent one, which goes back unless reading failed, when whoever reads might still write to it.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<(ReadOnlyMemory<byte> Body, bool IsWhole)> ReadAsync(Stream stream, int maxBytes, CancellationToken cancellationToken)
    {
        var lent = ArrayPool<byte>.Shared.Rent(FirstBytes);
        var length = 0;
        var isWhole = false;
        while (!isWhole && length <= maxBytes && length < lent.Length)
        {
            var count = await stream.ReadAsync(lent.AsMemory(length), cancellationToken).ConfigureAwait(false);
            length += count;
            isWhole = count == 0;
        }

        if (isWhole || length > maxBytes)
        {
            var body = lent.AsSpan(0, length).ToArray();
            ArrayPool<byte>.Shared.Return(lent);
            return (body, isWhole);
        }

        var longer = new ArrayBufferWriter<byte>(4 * length);
        longer.Write(lent.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(lent);
        while (!isWhole && longer.WrittenCount <= maxBytes)
        {
            var count = await stream.ReadAsync(longer.GetMemory(1), cancellationToken).ConfigureAwait(false);
            longer.Advance(count);
            isWhole = count == 0;
        }

        return (longer.WrittenMemory, isWhole);
    }

    /// <summary>What was read of an answer, and the rest as it comes.</summary>
    private sealed class PartlyHeldContent(ReadOnlyMemory<byte> held, Stream rest, HttpContent owner) : HttpContent
    {
        protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult<Stream>(new ConcatenatedStream(held, rest));

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(held).ConfigureAwait(false);
            await rest.CopyToAsync(stream).ConfigureAwait(false);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            owner.Dispose();
            base.Dispose(disposing);
        }
    }
}

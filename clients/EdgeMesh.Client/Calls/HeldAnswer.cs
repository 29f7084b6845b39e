using System.Buffers;
using System.Net;

namespace EdgeMesh.Client.Calls;

/// <summary>Takes a unary answer in whole before it is handed over: only then is its status known, which stands in the trailers.</summary>
internal static class HeldAnswer
{
    // Most answers, and not much for those that are a few bytes.
    private const int FirstBytes = 2048;

    /// <summary>Reads an answer to its end, or to the limit; its content is then what was read and, past the limit, the rest as it comes.</summary>
    /// <param name="answer">Its trailers are there afterwards, unless it is longer than the limit: then it is committed to as it is.</param>
    /// <param name="maxBytes">The limit.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async ValueTask HoldAsync(HttpResponseMessage answer, int maxBytes, CancellationToken cancellationToken)
    {
        var former = answer.Content;
        var stream = await former.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var body = new ArrayBufferWriter<byte>(FirstBytes);
        var isWhole = false;
        while (!isWhole && body.WrittenCount <= maxBytes)
        {
            var count = await stream.ReadAsync(body.GetMemory(1), cancellationToken).ConfigureAwait(false);
            body.Advance(count);
            isWhole = count == 0;
        }

        HttpContent held = isWhole ? new ReadOnlyMemoryContent(body.WrittenMemory) : new PartlyHeldContent(body.WrittenMemory, stream, former);
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

using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace EdgeMesh.Admin.Listening;

/// <summary>Tells by a cleartext connection's first bytes which version of HTTP it speaks.</summary>
/// <remarks>
/// HTTP/2 with prior knowledge begins with the preface <c>PRI * HTTP/2.0</c> (RFC 9113, section 3.4); PRI is no method of HTTP/1.1, and is
/// reserved so that none will be.
/// </remarks>
internal static class HttpVersionReader
{
    private static ReadOnlySpan<byte> Preface => "PRI "u8;

    /// <summary>Waits for as many bytes as it takes, and consumes none.</summary>
    /// <param name="input">The connection's bytes. What was looked at is read again by the next reader, at once.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns><see cref="HttpProtocols.Http1"/>, <see cref="HttpProtocols.Http2"/>; <see cref="HttpProtocols.None"/>: the connection ended before it could be told.</returns>
    public static async ValueTask<HttpProtocols> ReadAsync(PipeReader input, CancellationToken cancellationToken)
    {
        long examined = 0;
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            var buffer = result.Buffer;
            var version = Tell(buffer);
            if (version != HttpProtocols.None || result.IsCompleted)
            {
                // Bytes beyond those that an earlier turn examined make the next read complete at once.
                input.AdvanceTo(buffer.Start, buffer.GetPosition(examined));
                return version;
            }

            examined = buffer.Length;
            input.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private static HttpProtocols Tell(ReadOnlySequence<byte> buffer)
    {
        Span<byte> start = stackalloc byte[Preface.Length];
        start = start[..(int)Math.Min(buffer.Length, Preface.Length)];
        buffer.Slice(0, start.Length).CopyTo(start);
        return !Preface.StartsWith(start) ? HttpProtocols.Http1 : start.Length == Preface.Length ? HttpProtocols.Http2 : HttpProtocols.None;
    }
}

using System.Net;
using System.Net.Http.Headers;
using EdgeMesh.Wire;

namespace EdgeMesh.GrpcStack.Client;

/// <summary>The body of a call with a stream of requests: hands its stream out, and stays open until completed or aborted.</summary>
/// <remarks>
/// Thread-safe. Ready-made contents cannot do duplex: the handler takes them to be sent whole before the response is read.
/// The handler may serialize a content again on another connection, as long as nothing of it has been handed out:
/// <list type="number">
/// <item>the handler opens stream A, which the server refuses;</item>
/// <item>it opens stream B; whoever writes first now gets B;</item>
/// <item>had a message gone to A, B would lack it: then B is refused here, which fails the call.</item>
/// </list>
/// </remarks>
internal sealed class RequestStreamContent : HttpContent
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Stream? _stream;
    private bool _isTaken;

    public RequestStreamContent() => Headers.ContentType = new MediaTypeHeaderValue(HeaderNames.GrpcContentType);

    /// <summary>The stream to write to, once the request is under way.</summary>
    public async ValueTask<Stream> TakeStreamAsync(CancellationToken cancellationToken)
    {
        await _opened.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            _isTaken = true;
            return _stream!;
        }
    }

    /// <summary>Ends the body.</summary>
    public void Complete() => _ended.TrySetResult();

    /// <summary>Breaks the body off, if it is not complete.</summary>
    public void Abort() => _ended.TrySetCanceled();

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_isTaken)
            {
                throw new IOException("The connection was lost after request messages had been sent.");
            }

            _stream = stream;
        }

        // Sends the headers: a server may speak first.
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        _opened.TrySetResult();
        await _ended.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}

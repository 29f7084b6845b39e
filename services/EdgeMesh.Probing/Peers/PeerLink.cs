using EdgeMesh.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeMesh.Probing.Peers;

/// <summary>One warm connection to a peer, with one probe stream over it; opened by the probe that finds none.</summary>
/// <remarks>
/// Never makes its caller wait: a probe that cannot go now, because the peer reads nothing or the connection is still being made, is lost by its
/// timeout like any other. There is no other retry than the next probe. Thread-safe: one lock owns the stream and its writes; answers come on the stream's own reading
/// loop, one at a time. The race of an end with a send: (1) the reading loop sees the end of the stream; (2) a probe is written to it and goes nowhere;
/// (3) the loop forgets the stream; (4) the next probe opens another. The one of (2) is lost. The race of a connection that is refused with its first probe:
/// (1) a send opens a stream; (2) another thread finds nobody listening; (3) the reading loop begins on the send's own thread, inside its lock, sees that end
/// at once and forgets the stream; (4) the send writes to the stream that it opened, not to what the link has by then. That probe is lost, too.
/// </remarks>
/// <param name="address">The peer's.</param>
/// <param name="createHandler">Makes what connects.</param>
/// <param name="answered">Takes each answer; false: it was not asked for.</param>
internal sealed class PeerLink(Uri address, Func<Uri, HttpMessageHandler> createHandler, Func<ProbeResponse, bool> answered) : IDisposable
{
    // An answer has 16 neighbours at most, of less than 400 bytes each.
    private const int MaxAnswerBytes = 16 * 1024;

    // Late answers of a peer that was asleep are a few; more is a flood.
    private const int MaxUnasked = 100;

    private readonly Lock _lock = new();
    private OpenStream? _open;
    private bool _isDisposed;

    /// <summary>Where it leads.</summary>
    public Uri Address => address;

    /// <summary>Whether an answer has come over the connection that stands now.</summary>
    public bool IsWarm
    {
        get
        {
            lock (_lock)
            {
                return _open is { IsWarm: true };
            }
        }
    }

    /// <summary>Sends a probe, or does not: its answer, or its timeout, will tell.</summary>
    public void Send(ProbeRequest probe)
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            var open = _open;
            if (open is null)
            {
                _open = open = new OpenStream(address, createHandler(address));
                _ = ReadAsync(open);
            }

            open.Write(probe);
        }
    }

    /// <summary>Gives up the connection: one that answers nothing may lead nowhere.</summary>
    public void Drop()
    {
        lock (_lock)
        {
            _open?.Dispose();
            _open = null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            Drop();
        }
    }

    private async Task ReadAsync(OpenStream stream)
    {
        var unasked = 0;
        try
        {
            while (unasked < MaxUnasked && await stream.Call.ResponseStream.MoveNext(CancellationToken.None).ConfigureAwait(false))
            {
                stream.IsWarm = true;
                unasked += stream.Call.ResponseStream.Current.Probe is { } answer && answered(answer) ? 0 : 1;
            }
        }
        catch (Exception end) when (end is RpcException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // However it ended: the probes under way are lost, which is counted, and the next one tries again.
        }

        lock (_lock)
        {
            stream.Dispose();
            _open = ReferenceEquals(_open, stream) ? null : _open;
        }
    }

    private sealed class OpenStream : IDisposable
    {
        private readonly GrpcChannel _channel;
        private volatile bool _isWarm;
        private Task _writing = Task.CompletedTask;

        public OpenStream(Uri address, HttpMessageHandler handler)
        {
            _channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true, MaxReceiveMessageSize = MaxAnswerBytes });
            Call = new LatencyService.LatencyServiceClient(_channel).ProbeStream();
        }

        public AsyncDuplexStreamingCall<ProbeStreamRequest, ProbeStreamResponse> Call { get; }

        public bool IsWarm
        {
            get => _isWarm;
            set => _isWarm = value;
        }

        public void Write(ProbeRequest probe)
        {
            if (_writing.IsCompleted)
            {
                _writing = WriteAsync(probe);
            }
        }

        public void Dispose()
        {
            Call.Dispose();
            _channel.Dispose();
        }

        private async Task WriteAsync(ProbeRequest probe)
        {
            try
            {
                await Call.RequestStream.WriteAsync(new ProbeStreamRequest { Probe = probe }).ConfigureAwait(false);
            }
            catch (Exception end) when (end is RpcException or OperationCanceledException or ObjectDisposedException or InvalidOperationException or IOException)
            {
                // The reading loop sees it too.
            }
        }
    }
}

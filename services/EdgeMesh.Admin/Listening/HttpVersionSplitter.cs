using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EdgeMesh.Admin.Listening;

/// <summary>One cleartext port for HTTP/1.1 and for HTTP/2 with prior knowledge, which Kestrel alone does not offer (dotnet/aspnetcore#56984).</summary>
/// <remarks>
/// <code>
///            ┌ first bytes are HTTP/1.x ─► channel ─► Kestrel's endpoint for HTTP/1.1
/// port ──────┤
///            └ first bytes are "PRI "   ─► channel ─► Kestrel's endpoint for HTTP/2
/// </code>
/// Thread-safe. The accept loop owns the socket; each accepted connection belongs to its own sorting until a channel has it. A connection
/// is not sorted, but closed, when it says nothing for <see cref="Patience"/>, when <see cref="MaxUnsorted"/> others are being sorted, and
/// when the port is given up.
/// </remarks>
internal sealed class HttpVersionSplitter : IConnectionListenerFactory, IConnectionListenerFactorySelector, IAsyncDisposable
{
    /// <summary>A peer that has something to ask says so at once; this is for slow lines.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Most connections that have said nothing yet: past any scrape and any mesh's joining, and it bounds what silent peers cost.</summary>
    internal const int MaxUnsorted = 1024;

    private readonly SocketTransportFactory _sockets;
    private readonly TimeProvider _time;
    private readonly Channel<ConnectionContext> _http1 = Channel.CreateUnbounded<ConnectionContext>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Channel<ConnectionContext> _http2 = Channel.CreateUnbounded<ConnectionContext>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _unbinding = new();
    private readonly Lock _lock = new();
    private IConnectionListener? _port;
    private Task _accepting = Task.CompletedTask;
    private Task? _unbound;
    private int _unsorted;

    public HttpVersionSplitter(ILoggerFactory log, TimeProvider time)
    {
        _sockets = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), log);
        _time = time;
    }

    public bool CanBind(EndPoint endpoint) => endpoint is HttpVersionEndPoint;

    /// <summary>Takes the port with the first of the two endpoints; the second shares it.</summary>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var version = (HttpVersionEndPoint)endpoint;
        if (_port is null)
        {
            _port = await _sockets.BindAsync(version.Address, cancellationToken).ConfigureAwait(false);
            _accepting = AcceptAsync(_port);
        }

        return new Half(this, version.Protocols == HttpProtocols.Http2 ? _http2 : _http1);
    }

    /// <summary>Gives the port up and closes what is not sorted yet. Repeatable.</summary>
    public ValueTask DisposeAsync() => new(UnbindAsync());

    private async Task AcceptAsync(IConnectionListener port)
    {
        while (await port.AcceptAsync().ConfigureAwait(false) is { } connection)
        {
            if (Interlocked.Increment(ref _unsorted) > MaxUnsorted)
            {
                Interlocked.Decrement(ref _unsorted);
                await connection.DisposeAsync().ConfigureAwait(false);
                continue;
            }

            _ = SortAsync(connection);
        }
    }

    private async Task SortAsync(ConnectionContext connection)
    {
        var version = HttpProtocols.None;
        try
        {
            using var limit = new CancellationTokenSource(Patience, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _unbinding.Token, connection.ConnectionClosed);
            version = await HttpVersionReader.ReadAsync(connection.Transport.Input, either.Token).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException)
        {
            // Silent for too long, reset, or the port is given up: closed below.
        }

        Interlocked.Decrement(ref _unsorted);
        if (version == HttpProtocols.None || !(version == HttpProtocols.Http2 ? _http2 : _http1).Writer.TryWrite(connection))
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private Task UnbindAsync()
    {
        lock (_lock)
        {
            return _unbound ??= UnbindOnceAsync();
        }
    }

    /// <summary>
    /// A connection that is being sorted meanwhile is (1) sorted before the channels complete, and accepted by Kestrel, whose accept loop
    /// reads what is in them; or (2) refused by a completed channel, and closed by its sorting.
    /// </summary>
    private async Task UnbindOnceAsync()
    {
        if (_port is not null)
        {
            await _port.UnbindAsync().ConfigureAwait(false);
            await _accepting.ConfigureAwait(false);
            await _unbinding.CancelAsync().ConfigureAwait(false);
            await _port.DisposeAsync().ConfigureAwait(false);
        }

        _http1.Writer.TryComplete();
        _http2.Writer.TryComplete();
    }

    /// <summary>What Kestrel takes for the listener of one endpoint.</summary>
    private sealed class Half(HttpVersionSplitter owner, Channel<ConnectionContext> sorted) : IConnectionListener
    {
        public EndPoint EndPoint => owner._port!.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
            await sorted.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false) && sorted.Reader.TryRead(out var connection) ? connection : null;

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => new(owner.UnbindAsync());

        public ValueTask DisposeAsync() => UnbindAsync();
    }
}

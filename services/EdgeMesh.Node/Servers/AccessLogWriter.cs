using System.Text;
using System.Threading.Channels;
using EdgeMesh.Relay.Telemetry;

namespace EdgeMesh.Node.Servers;

/// <summary>Writes the access log to a file or to standard output, from a bounded queue, on a task of its own.</summary>
/// <remarks>
/// Thread-safe. Calls only put entries in the queue; what does not fit is dropped and counted. The file may be moved away or cut at any time: it is
/// opened again at the next reload, and also as soon as there is none of its name or a shorter one, so rotation needs no signal.
/// Race: (1) a call sees the log enabled, (2) it is switched off, (3) the call writes: its entry goes where the next entries go, or nowhere.
/// </remarks>
/// <param name="standardOutput">What <c>-</c> means.</param>
/// <param name="time">Spaces out looks at the file's name.</param>
internal sealed class AccessLogWriter(Func<Stream> standardOutput, TimeProvider time) : AccessLog, IAsyncDisposable
{
    /// <summary>Stands for standard output.</summary>
    public const string StandardOutput = "-";

    // A second of a busy node's calls; about 2 MiB when full.
    private const int QueueLength = 16 * 1024;
    private const int BatchBytes = 64 * 1024;
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(2);

    private readonly Channel<AccessLogEntry> _queue = Channel.CreateBounded<AccessLogEntry>(new BoundedChannelOptions(QueueLength) { SingleReader = true });
    private readonly Lock _lock = new();
    private Stream? _stream;
    private string? _path;
    private LogFormat _format;
    private Task? _writing;
    private long _dropped;
    private long _lookedAt;
    private volatile bool _isEnabled;

    /// <inheritdoc/>
    public override bool IsEnabled => _isEnabled;

    /// <inheritdoc/>
    public override long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Opens it, or opens it again.</summary>
    /// <param name="path">A file, which is appended to; <c>-</c>; or null: nothing is written.</param>
    /// <param name="format">How lines look.</param>
    /// <exception cref="IOException">The file cannot be opened; all stays as it was.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public void Open(string? path, LogFormat format)
    {
        var stream = path is null ? null : OpenStream(path);
        lock (_lock)
        {
            _stream?.Dispose();
            (_stream, _path, _format) = (stream, path, format);
            _isEnabled = stream is not null;
            if (_isEnabled)
            {
                _writing ??= Task.Run(WriteAllAsync);
            }
        }
    }

    /// <inheritdoc/>
    public override void Write(in AccessLogEntry entry)
    {
        if (!_queue.Writer.TryWrite(entry))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    /// <summary>Writes what is in the queue, within 2 s, and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        _isEnabled = false;
        _queue.Writer.TryComplete();
        if (_writing is not null)
        {
            await Task.WhenAny(_writing, Task.Delay(EndTimeout, time));
        }

        lock (_lock)
        {
            _stream?.Dispose();
            _stream = null;
        }
    }

    private async Task WriteAllAsync()
    {
        var text = new StringBuilder();
        while (await _queue.Reader.WaitToReadAsync())
        {
            lock (_lock)
            {
                var lines = 0;
                text.Clear();
                while (text.Length < BatchBytes && _queue.Reader.TryRead(out var entry))
                {
                    AccessLogText.Append(text, entry, _format);
                    lines++;
                }

                WriteLocked(text.ToString(), lines);
            }
        }
    }

    private void WriteLocked(string text, int lines)
    {
        try
        {
            ReopenIfRotatedLocked();
            if (_stream is not null)
            {
                _stream.Write(Encoding.UTF8.GetBytes(text));
                _stream.Flush();
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // A full disk, a directory that is gone: the log is not worth a node. The metric tells.
            Interlocked.Add(ref _dropped, lines);
        }
    }

    private void ReopenIfRotatedLocked()
    {
        if (_path is null or StandardOutput || time.GetElapsedTime(_lookedAt) < LookInterval)
        {
            return;
        }

        _lookedAt = time.GetTimestamp();
        var named = new FileInfo(_path);
        if (_stream is null || !named.Exists || named.Length < _stream.Position)
        {
            _stream?.Dispose();
            _stream = null;
            _stream = OpenStream(_path);
        }
    }

    private Stream OpenStream(string path) =>
        path == StandardOutput ? standardOutput() : new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
}

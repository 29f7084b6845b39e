using System.Buffers;
using System.Numerics;
using System.Security.Cryptography;
using System.Threading.Channels;
using EdgeMesh.Caching;
using EdgeMesh.Caching.Eviction;

namespace EdgeMesh.Relay.Cache;

/// <summary>Writes which cached answers were asked for into a file, as <see cref="RecordedTrace"/> says: keyed hashes and sizes, nothing of what they stand for.</summary>
/// <remarks>
/// Calls never wait for it: what the disk cannot take in time is dropped and counted. Thread-safe. Owns the file and the one task that writes to it;
/// disposing of it writes what is buffered and closes the file.
/// </remarks>
public sealed class TraceRecorder : IAsyncDisposable
{
    // 64 Ki requests, 1.5 MiB: a second of a busy node.
    private const int MaxBuffered = 1 << 16;

    private readonly Channel<Request> _requests = Channel.CreateBounded<Request>(new BoundedChannelOptions(MaxBuffered) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });
    private readonly Stream _file;
    private readonly TimeProvider _time;
    private readonly long _began;
    private readonly Task _writing;

    // A key of this recording's own: its hashes say nothing about another's, nor about where the store keeps what.
    private readonly ulong _lowKey = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
    private readonly ulong _highKey = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
    private long _dropped;

    private TraceRecorder(Stream file, TimeProvider time)
    {
        _file = file;
        _time = time;
        _began = time.GetTimestamp();
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>Requests that are not in the file: the disk was too slow, or is full.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>The failure that ended the writing; null: none. The node goes on, and what comes after counts as dropped.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Begins a recording.</summary>
    /// <param name="path">A file that is made or written anew.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static TraceRecorder Start(string path, TimeProvider time) =>
        Start(new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0), time);

    /// <summary>Begins a recording into a stream, which it owns from then on.</summary>
    internal static TraceRecorder Start(Stream stream, TimeProvider time)
    {
        Span<byte> header = stackalloc byte[RecordedTrace.HeaderBytes];
        RecordedTrace.WriteHeader(header, time.GetUtcNow());
        stream.Write(header);
        return new(stream, time);
    }

    /// <summary>Notes that an answer was asked for. Never waits.</summary>
    /// <param name="key">The hash of what it is stored under.</param>
    /// <param name="bytes">Its size: head, frames and key.</param>
    public void Record(KeyHash key, long bytes)
    {
        var hash = BitOperations.RotateLeft((key.Low ^ _lowKey) * 0x9E3779B97F4A7C15, 32) ^ ((key.High ^ _highKey) * 0xBF58476D1CE4E5B9);
        if (!_requests.Writer.TryWrite(new Request(hash, _time.GetTimestamp(), bytes)))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _requests.Writer.TryComplete();
        await _writing.ConfigureAwait(false);
    }

    private async Task WriteAsync()
    {
        var buffer = new byte[4096 * RecordedTrace.RecordBytes];
        try
        {
            await using (_file.ConfigureAwait(false))
            {
                while (await _requests.Reader.WaitToReadAsync().ConfigureAwait(false))
                {
                    var length = 0;
                    while (length < buffer.Length && _requests.Reader.TryRead(out var request))
                    {
                        RecordedTrace.WriteRecord(buffer.AsSpan(length), request.Hash, _time.GetElapsedTime(_began, request.Time), request.Bytes);
                        length += RecordedTrace.RecordBytes;
                    }

                    await _file.WriteAsync(buffer.AsMemory(0, length)).ConfigureAwait(false);
                }
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // A full disk must not end the node.
            Failure = failure;
            _requests.Writer.TryComplete();
            while (_requests.Reader.TryRead(out _))
            {
                Interlocked.Increment(ref _dropped);
            }
        }
    }

    private readonly record struct Request(ulong Hash, long Time, long Bytes);
}

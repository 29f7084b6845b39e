using System.Security.Cryptography;

namespace EdgeMesh.Relay.Hosting;

/// <summary>Notices that the content of small files changed: certificates, keys, tokens.</summary>
/// <remarks>
/// Reads and compares contents at an interval: unlike the system's notifications, that holds for network file systems, and for secrets that
/// an orchestrator mounts by turning a link. Thread-safe; one check at a time, and none after disposal begins. To be made before the files
/// are first read: (1) the owner reads A, (2) the file becomes B, (3) a watch made only now would take B for what the owner has.
/// </remarks>
public sealed class FileWatch : IDisposable
{
    /// <summary>Soon enough for a rotation, and a few reads of files in memory.</summary>
    public static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(5);

    private readonly IReadOnlyList<string> _paths;
    private readonly Action _changed;
    private readonly Lock _lock = new();
    private readonly ITimer _timer;
    private byte[] _seen;
    private bool _isDisposed;

    /// <summary>Begins.</summary>
    /// <param name="paths">The files; one that cannot be read counts as empty.</param>
    /// <param name="time">The clock of the interval.</param>
    /// <param name="changed">Called after a change, one call at a time. Must not throw.</param>
    public FileWatch(IReadOnlyList<string> paths, TimeProvider time, Action changed)
    {
        (_paths, _changed) = (paths, changed);
        _seen = Digest();
        _timer = time.CreateTimer(_ => Check(), null, DefaultInterval, DefaultInterval);
    }

    /// <summary>Looks now, for instance because a reload was asked for; the handler has been called when this returns.</summary>
    public void Check()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            var now = Digest();
            if (!now.AsSpan().SequenceEqual(_seen))
            {
                _seen = now;
                _changed();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _timer.Dispose();
        }
    }

    private byte[] Digest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in _paths)
        {
            try
            {
                hash.AppendData(SHA256.HashData(File.ReadAllBytes(path)));
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                hash.AppendData([0]);
            }
        }

        return hash.GetHashAndReset();
    }
}

using EdgeMesh.Node.CommandLine;

namespace EdgeMesh.Node.Objects;

/// <summary>A file that appears under its name only once it is whole: a failed or interrupted download leaves what was there.</summary>
/// <param name="path">Its name.</param>
internal sealed class DownloadFile(string path) : IAsyncDisposable
{
    private readonly string _partial = $"{path}.{Guid.NewGuid():N}.part";
    private FileStream? _stream;
    private bool _isKept;

    /// <summary>Creates the file under another name beside it.</summary>
    /// <exception cref="CliException">No file can have this name.</exception>
    public Stream Open()
    {
        if (Directory.Exists(path))
        {
            throw new CliException($"FILE '{path}': a directory; name a file");
        }

        try
        {
            return _stream = new FileStream(_partial, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"FILE '{path}': {FailureMessage.OneLine(exception).Replace(_partial, path, StringComparison.Ordinal)}", inner: exception);
        }
    }

    /// <summary>Gives the file its name.</summary>
    public async Task KeepAsync(CancellationToken cancellationToken)
    {
        if (_stream is not null)
        {
            await _stream.FlushAsync(cancellationToken);
            await _stream.DisposeAsync();
            File.Move(_partial, path, overwrite: true);
            _isKept = true;
        }
    }

    /// <summary>Removes what was not kept.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stream is not null)
        {
            await _stream.DisposeAsync();
        }

        if (_stream is not null && !_isKept)
        {
            File.Delete(_partial);
        }
    }
}

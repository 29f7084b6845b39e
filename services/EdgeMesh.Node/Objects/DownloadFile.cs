namespace EdgeMesh.Node.Objects;

/// <summary>A file that appears under its name only once it is whole: a failed or interrupted download leaves what was there.</summary>
/// <param name="path">Its name.</param>
internal sealed class DownloadFile(string path) : IAsyncDisposable
{
    private readonly string _partial = $"{path}.{Guid.NewGuid():N}.part";
    private FileStream? _stream;

    /// <summary>Creates the file under another name beside it.</summary>
    public Stream Open() => _stream = new FileStream(_partial, FileMode.CreateNew, FileAccess.Write, FileShare.None);

    /// <summary>Gives the file its name.</summary>
    public async Task KeepAsync(CancellationToken cancellationToken)
    {
        if (_stream is not null)
        {
            await _stream.FlushAsync(cancellationToken);
            await _stream.DisposeAsync();
            _stream = null;
            File.Move(_partial, path, overwrite: true);
        }
    }

    /// <summary>Removes what was not kept.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stream is not null)
        {
            await _stream.DisposeAsync();
            File.Delete(_partial);
        }
    }
}

using EdgeMesh.Storage.Bodies;
using EdgeMesh.Storage.Database;
using EdgeMesh.Storage.Grammar;
using EdgeMesh.V1;
using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Storage;

/// <summary>
/// Writes one object in pieces: <see cref="AppendAsync"/> as often as needed, then <see cref="CommitAsync"/>. Nothing of it is seen
/// before the commit; without one, disposing removes it.
/// </summary>
/// <remarks>
/// A commit: digest complete and as stated, file synced, renamed, directory synced, metadata synced, answer. Killed at any point before
/// the metadata's sync, the object does not exist and its file is swept at the next start. Needs under 1 MiB of memory whatever the
/// size. Owned by one caller; not thread-safe.
/// </remarks>
public sealed class ObjectWriter : IAsyncDisposable
{
    private readonly CheckedSpec _spec;
    private readonly BodyWriter _body;
    private readonly GroupCommitter _committer;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private bool _ended;
    private bool _kept;

    internal ObjectWriter(CheckedSpec spec, BodyWriter body, GroupCommitter committer, TimeProvider time, ILogger logger)
    {
        _spec = spec;
        _body = body;
        _committer = committer;
        _time = time;
        _logger = logger;
    }

    /// <summary>Takes the next bytes of the content. Their memory is free again when this completes.</summary>
    /// <param name="content">Any length; 5 GiB in all.</param>
    /// <param name="cancellationToken">Ends the wait; the writer is then of no more use.</param>
    /// <exception cref="ObjectStoreException"><see cref="ObjectStoreFault.TooLarge"/>, <see cref="ObjectStoreFault.StorageFull"/>, <see cref="ObjectStoreFault.Unavailable"/>.</exception>
    public async ValueTask AppendAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        if (_body.SizeBytes + content.Length > ObjectLimits.ObjectMaxBytes)
        {
            _ended = true;
            throw new ObjectStoreException(ObjectStoreFault.TooLarge, $"content: must be up to {ObjectLimits.ObjectMaxBytes} bytes; has more");
        }

        try
        {
            await _body.AppendAsync(content, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _ended = true;
            if (DiskFailure.Is(e))
            {
                throw DiskFailure.OfWrite(e);
            }

            throw;
        }
    }

    /// <summary>Ends the content and puts the object in its place: durable, and seen by every later read, when this completes.</summary>
    /// <param name="cancellationToken">Honoured until the metadata are being written; after that, the outcome is awaited.</param>
    /// <returns>The object as stored.</returns>
    /// <exception cref="ObjectStoreException">
    /// <see cref="ObjectStoreFault.ChecksumMismatch"/>, <see cref="ObjectStoreFault.BucketNotFound"/>, <see cref="ObjectStoreFault.ConditionNotMet"/>,
    /// <see cref="ObjectStoreFault.StorageFull"/>, <see cref="ObjectStoreFault.Unavailable"/>.
    /// </exception>
    public async Task<ObjectInfo> CommitAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        _ended = true;
        try
        {
            var body = await _body.FinishAsync(cancellationToken).ConfigureAwait(false);
            CheckDigest(body);
            await _body.PublishAsync().ConfigureAwait(false);
            var said = _spec.Said.ToByteArray();
            var stored = await _committer.CommitAsync(transaction => transaction.Put(_spec, body, said, ObjectStore.Microseconds(_time)), cancellationToken).ConfigureAwait(false);
            _kept = true;
            return stored.ToInfo();
        }
        catch (ObjectStoreException e) when (e.OutcomeUnknown)
        {
            // The metadata may turn out to refer to the body: the next start will know.
            _kept = true;
            throw;
        }
        catch (Exception e) when (DiskFailure.Is(e))
        {
            throw DiskFailure.OfWrite(e);
        }
    }

    /// <summary>Lets go of the file, and removes it unless it was committed.</summary>
    public async ValueTask DisposeAsync()
    {
        _ended = true;
        _body.Dispose();
        if (_kept)
        {
            return;
        }

        _kept = true;
        try
        {
            await _body.DiscardAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (DiskFailure.Is(e) || e is ObjectStoreException)
        {
            StorageLog.BodyNotRemoved(_logger, _body.Id, e);
        }
    }

    private void CheckDigest(StoredBody body)
    {
        if (_spec.Sha256 is { } stated && !stated.AsSpan().SequenceEqual(body.Sha256))
        {
            throw new ObjectStoreException(
                ObjectStoreFault.ChecksumMismatch,
                $"The content that came has SHA-256 {Convert.ToHexStringLower(body.Sha256)}, not the stated {Convert.ToHexStringLower(stated)}");
        }
    }
}

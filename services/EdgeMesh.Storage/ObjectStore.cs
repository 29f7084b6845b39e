using EdgeMesh.Storage.Backup;
using EdgeMesh.Storage.Bodies;
using EdgeMesh.Storage.Database;
using EdgeMesh.Storage.Grammar;
using EdgeMesh.Storage.Listing;
using EdgeMesh.Storage.Log;
using EdgeMesh.V1;
using Google.Protobuf;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Storage;

/// <summary>
/// Objects in buckets in one directory of this machine: metadata in SQLite, bodies in files. What a method has answered survives
/// <c>kill -9</c> and power loss, and no reader ever sees half of a write.
/// </summary>
/// <remarks>
/// It speaks the messages of <c>edgemesh/v1/object_store.proto</c>, where each method's meaning and statuses stand;
/// <see cref="ObjectStoreGrpcService"/> serves it.
/// <code>
/// write: content -> body file, synced -> renamed, directory synced -> one metadata transaction, synced -> answer
/// read:  metadata -> body file -> every chunk proven by its digest -> answer
/// </code>
/// Every method throws <see cref="ObjectStoreException"/>, and nothing else but cancellation. Thread-safe.
/// </remarks>
public sealed class ObjectStore : IAsyncDisposable
{
    private volatile string _defaultCacheControl;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly BlockingWorkers _workers;
    private readonly DataDirectoryLock _lock;
    private readonly BodyDirectory _bodies;
    private readonly MetadataDatabase _metadata;
    private readonly StandingObjects _standing;
    private readonly BodyRetention _retention;

    private ObjectStore(ObjectStoreOptions options, TimeProvider time, ILogger logger, BlockingWorkers workers)
    {
        _defaultCacheControl = options.DefaultCacheControl;
        _time = time;
        _logger = logger;
        _workers = workers;
        var directory = Path.GetFullPath(options.DataDirectory);
        DurableFiles.CreateDirectory(directory);
        _lock = DataDirectoryLock.Acquire(directory);
        try
        {
            StoreRestore.RefuseUnfinished(directory);
            _bodies = new BodyDirectory(directory);
            _metadata = new MetadataDatabase(directory);
            DurableFiles.SyncDirectory(directory);
        }
        catch
        {
            _metadata?.Dispose();
            _lock.Dispose();
            throw;
        }

        _standing = new StandingObjects(_metadata, _bodies, logger);
        _retention = new BodyRetention(RemoveBody);
        Committer = new GroupCommitter(_metadata.Writer, _retention.Remove, logger);
    }

    /// <summary>The one writer of metadata.</summary>
    internal GroupCommitter Committer { get; }

    /// <summary>The log, in the same file as the metadata.</summary>
    public DurableLog Log { get; private set; } = null!;

    /// <summary>Opens a data directory, creating what is missing, and removes what an earlier process left half-done.</summary>
    /// <param name="options">Where, and the defaults.</param>
    /// <param name="time">Gives objects and buckets their times.</param>
    /// <param name="logger">Told of damage and failures.</param>
    /// <param name="cancellationToken">Honoured before the work begins.</param>
    /// <exception cref="DataDirectoryException">Not writable, in use, or of a later version; the message is one line for the user.</exception>
    /// <exception cref="ObjectStoreException"><see cref="ObjectStoreFault.InvalidArgument"/>: options are outside their limits; all are named.</exception>
    public static async Task<ObjectStore> OpenAsync(ObjectStoreOptions options, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        var violations = new Violations();
        if (string.IsNullOrWhiteSpace(options.DataDirectory))
        {
            violations.Add(nameof(ObjectStoreOptions.DataDirectory), "must be present", "is absent");
        }

        CheckedSpec.CheckCacheControl(nameof(ObjectStoreOptions.DefaultCacheControl), options.DefaultCacheControl, violations);
        violations.ThrowIfAny();
        cancellationToken.ThrowIfCancellationRequested();

        var workers = new BlockingWorkers();
        ObjectStore? store = null;
        try
        {
            await workers.RunAsync(() =>
            {
                store = new ObjectStore(options, time, logger, workers);
                store.Sweep();
            }).ConfigureAwait(false);
            store!.Log = await DurableLog.OpenAsync(store.Committer, store._metadata, options.LogRetention, time).ConfigureAwait(false);
            StorageLog.Opened(logger, options.DataDirectory);
            return store;
        }
        catch (Exception e)
        {
            await (store?.DisposeAsync() ?? workers.DisposeAsync()).ConfigureAwait(false);
            if (e is IOException or UnauthorizedAccessException or SqliteException or ObjectStoreException)
            {
                throw new DataDirectoryException($"Data directory '{options.DataDirectory}' cannot be used: {(e.InnerException ?? e).Message}", e);
            }

            throw;
        }
    }

    /// <summary>Changes <see cref="ObjectStoreOptions.DefaultCacheControl"/>; reads that begin afterwards declare it.</summary>
    /// <exception cref="ArgumentException">The value is outside its limits.</exception>
    public void SetDefaultCacheControl(string value) =>
        _defaultCacheControl = ObjectStoreOptions.FindCacheControlViolation(value) is { } violation ? throw new ArgumentException(violation, nameof(value)) : value;

    /// <summary>What a read of an object declares of its caching: the object's own <c>cache-control</c>, else the default. Empty: nothing.</summary>
    public string CacheControlOf(ObjectInfo info) => info.CacheControl.Length > 0 ? info.CacheControl : _defaultCacheControl;

    /// <summary>Creates a bucket, or finds it.</summary>
    public async Task<CreateBucketResponse> CreateBucketAsync(CreateBucketRequest request, CancellationToken cancellationToken)
    {
        CheckBucket(request.Bucket);
        var created = await Committer.CommitAsync(transaction => transaction.CreateBucket(request.Bucket, Microseconds(_time)), cancellationToken).ConfigureAwait(false);
        return new CreateBucketResponse { Bucket = new Bucket { Name = request.Bucket, CreateTime = StoredObject.ToTimestamp(created) } };
    }

    /// <summary>Deletes an empty bucket.</summary>
    public async Task<DeleteBucketResponse> DeleteBucketAsync(DeleteBucketRequest request, CancellationToken cancellationToken)
    {
        CheckBucket(request.Bucket);
        return await Committer.CommitAsync(
            transaction =>
            {
                transaction.DeleteBucket(request.Bucket);
                return new DeleteBucketResponse();
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>How many objects there are, by a walk over an index: for metrics, not for every call.</summary>
    public long CountObjects() => _metadata.Read(queries => queries.CountObjects());

    /// <summary>Lists buckets.</summary>
    public ValueTask<ListBucketsResponse> ListBucketsAsync(ListBucketsRequest request) => new(BucketListing.Page(_metadata, request));

    /// <summary>Stores a whole object of up to 4,128,768 bytes.</summary>
    public async Task<PutObjectResponse> PutAsync(PutObjectRequest request, CancellationToken cancellationToken)
    {
        var spec = CheckSpec(request.Spec);
        if (request.Content.Length > ObjectLimits.UnaryContentMaxBytes)
        {
            throw new ObjectStoreException(
                ObjectStoreFault.TooLarge, $"content: must be up to {ObjectLimits.UnaryContentMaxBytes} bytes; is {request.Content.Length}: use WriteObject");
        }

        await using var writer = BeginWrite(spec);
        await writer.AppendAsync(request.Content.Memory, cancellationToken).ConfigureAwait(false);
        return new PutObjectResponse { Info = await writer.CommitAsync(cancellationToken).ConfigureAwait(false) };
    }

    /// <summary>Begins to store an object in pieces, up to 5 GiB. The caller disposes of the writer.</summary>
    /// <param name="spec">Where, and what is said of it. Bucket and conditions are looked at now, to spare a vain upload, and decided at the commit.</param>
    public ObjectWriter BeginWrite(ObjectSpec? spec) => BeginWrite(CheckSpec(spec));

    /// <summary>Reads a whole object of up to 4,128,768 bytes.</summary>
    public async Task<GetObjectResponse> GetAsync(GetObjectRequest request, CancellationToken cancellationToken)
    {
        var violations = new Violations();
        var name = ObjectName.Check("", request.Bucket, request.Key, violations);
        ConditionRules.Check("conditions", request.Conditions, violations);
        violations.ThrowIfAny();

        var (found, body) = await _standing.OpenAsync(name, request.Conditions, cancellationToken).ConfigureAwait(false);
        using (body)
        {
            if (found.Body.SizeBytes > ObjectLimits.UnaryContentMaxBytes)
            {
                throw new ObjectStoreException(
                    ObjectStoreFault.TooLarge, $"{name} has {found.Body.SizeBytes} bytes; GetObject carries up to {ObjectLimits.UnaryContentMaxBytes}: use ReadObject");
            }

            try
            {
                var content = await body.ReadAllAsync(cancellationToken).ConfigureAwait(false);
                return new GetObjectResponse { Info = found.ToInfo(), Content = UnsafeByteOperations.UnsafeWrap(content) };
            }
            catch (Exception e) when (e is DamagedBodyException || DiskFailure.Is(e))
            {
                throw _standing.Failure(found, e);
            }
        }
    }

    /// <summary>Opens an object, or a range of it, to be read in pieces. The caller disposes of the reader.</summary>
    public async Task<ObjectReader> OpenReadAsync(ReadObjectRequest request, CancellationToken cancellationToken)
    {
        var violations = new Violations();
        var name = ObjectName.Check("", request.Bucket, request.Key, violations);
        ByteRangeRules.Check("range", request.Range, violations);
        ConditionRules.Check("conditions", request.Conditions, violations);
        violations.ThrowIfAny();

        var (found, body) = await _standing.OpenAsync(name, request.Conditions, cancellationToken).ConfigureAwait(false);
        try
        {
            var (offset, length) = ByteRangeRules.Resolve(request.Range, found.Body.SizeBytes);
            return new ObjectReader(found.ToInfo(), body, offset, length, e => _standing.Failure(found, e));
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>Reads what is known of an object.</summary>
    public ValueTask<HeadObjectResponse> HeadAsync(HeadObjectRequest request)
    {
        var name = ObjectName.Parse(request.Bucket, request.Key);
        return new(new HeadObjectResponse { Info = _metadata.Read(queries => queries.Find(name)).ToInfo() });
    }

    /// <summary>Deletes an object.</summary>
    public async Task<DeleteObjectResponse> DeleteAsync(DeleteObjectRequest request, CancellationToken cancellationToken)
    {
        var violations = new Violations();
        var name = ObjectName.Check("", request.Bucket, request.Key, violations);
        ConditionRules.Check("conditions", request.Conditions, violations);
        violations.ThrowIfAny();
        var existed = await Committer.CommitAsync(transaction => transaction.Delete(name, request.Conditions), cancellationToken).ConfigureAwait(false);
        return new DeleteObjectResponse { Existed = existed };
    }

    /// <summary>Copies an object: the copy refers to the same body, which goes when the last reference goes.</summary>
    public async Task<CopyObjectResponse> CopyAsync(CopyObjectRequest request, CancellationToken cancellationToken)
    {
        var copy = CheckedCopy.Parse(request);
        var stored = await Committer.CommitAsync(transaction => transaction.Copy(copy, Microseconds(_time)), cancellationToken).ConfigureAwait(false);
        return new CopyObjectResponse { Info = stored.ToInfo() };
    }

    /// <summary>Lists objects of a bucket.</summary>
    public ValueTask<ListObjectsResponse> ListAsync(ListObjectsRequest request)
    {
        var listing = ObjectListing.Parse(request);
        return new(_metadata.Read(queries => queries.Snapshot(listing.Page)));
    }

    /// <summary>Begins a backup: everything acknowledged before this call is in it. The caller disposes of it.</summary>
    /// <param name="region">The Region's name, for the archive.</param>
    /// <param name="cancellationToken">Honoured before the work begins.</param>
    /// <exception cref="ObjectStoreException"><see cref="ObjectStoreFault.Unavailable"/>: another backup is running, or the disk fails; <see cref="ObjectStoreFault.StorageFull"/>.</exception>
    public async Task<StoreBackup> BeginBackupAsync(string region, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        StoreBackup? backup = null;
        await _workers.RunAsync(() => backup = StoreBackup.Begin(region, _metadata, _bodies, _retention, _time, _logger)).ConfigureAwait(false);
        return backup!;
    }

    /// <summary>Ends all that is queued, then closes the directory. Calls still under way fail.</summary>
    public async ValueTask DisposeAsync()
    {
        await Committer.DisposeAsync().ConfigureAwait(false);
        await _workers.DisposeAsync().ConfigureAwait(false);
        _metadata.Dispose();
        _lock.Dispose();
    }

    /// <summary>Now, as the metadata have it.</summary>
    internal static long Microseconds(TimeProvider time) => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private static void CheckBucket(string bucket)
    {
        var violations = new Violations();
        BucketName.Check("bucket", bucket, violations);
        violations.ThrowIfAny();
    }

    private static CheckedSpec CheckSpec(ObjectSpec? spec)
    {
        var violations = new Violations();
        var checkedSpec = CheckedSpec.Check("spec", spec, violations);
        violations.ThrowIfAny();
        return checkedSpec;
    }

    private ObjectWriter BeginWrite(CheckedSpec spec)
    {
        var current = _metadata.Read(queries => queries.Look(spec.Name)).Object;
        ConditionRules.Demand(spec.Conditions, current, spec.Name);
        try
        {
            return new ObjectWriter(spec, new BodyWriter(_bodies, _workers), Committer, _time, _logger);
        }
        catch (Exception e) when (DiskFailure.Is(e))
        {
            throw DiskFailure.OfWrite(e);
        }
    }

    private void RemoveBody(string id) => _ = _workers.RunAsync(() =>
    {
        try
        {
            _bodies.Remove(id);
        }
        catch (Exception e) when (DiskFailure.Is(e))
        {
            StorageLog.BodyNotRemoved(_logger, id, e);
        }
    });

    private void Sweep()
    {
        var sweep = BodySweep.Run(_bodies, _metadata);
        if (sweep.Unfinished + sweep.Unreferred > 0)
        {
            StorageLog.Swept(_logger, sweep.Unfinished, sweep.Unreferred);
        }

        if (sweep.Missing > 0)
        {
            StorageLog.BodiesMissing(_logger, sweep.Missing);
        }
    }
}

using System.Collections.Concurrent;
using EdgeMesh.Storage.Grammar;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Storage.Database;

/// <summary>The one writer of metadata: one thread, one transaction for all that has queued, so that concurrent writers share a sync.</summary>
/// <remarks>
/// While a COMMIT syncs, later operations queue and make up the next transaction. Each is answered only after its COMMIT returned.
/// How a wait in <see cref="CommitAsync"/> ends: committed; the operation's own fault (answered with the commit, since it may have seen
/// uncommitted writes); cancelled before its turn; the transaction failed and was rolled back; the COMMIT failed, outcome unknown; the store was closed before.
/// Thread-safe.
/// </remarks>
internal sealed class GroupCommitter : IAsyncDisposable
{
    /// <summary>Most operations of one transaction: bounds how long the first of them waits for the last.</summary>
    internal const int MaxOperations = 512;

    private readonly BlockingCollection<Operation> _queue = [];
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SqliteConnection _connection;
    private readonly MetadataTransaction _transaction;
    private readonly Action<string> _removeBody;
    private readonly ILogger _logger;
    private readonly Statement _begin;
    private readonly Statement _commit;
    private readonly Statement _rollback;
    private Exception? _failure;

    /// <summary>Starts the thread.</summary>
    /// <param name="connection">The writing connection; from now on this object's alone.</param>
    /// <param name="removeBody">Told, after each commit, of every body that nothing refers to any more. Must not block.</param>
    /// <param name="logger">Told of failures.</param>
    internal GroupCommitter(SqliteConnection connection, Action<string> removeBody, ILogger logger)
    {
        _connection = connection;
        _removeBody = removeBody;
        _logger = logger;
        _transaction = new MetadataTransaction(connection);
        _begin = new Statement(connection, "BEGIN IMMEDIATE;", 0);
        _commit = new Statement(connection, "COMMIT;", 0);
        _rollback = new Statement(connection, "ROLLBACK;", 0);
        new Thread(Run) { IsBackground = true, Name = "object-store-commit" }.Start();
    }

    /// <summary>Transactions committed so far.</summary>
    internal long Transactions { get; private set; }

    /// <summary>Does an operation in the next transaction.</summary>
    /// <param name="work">Runs on the writer's thread: must be short and must not wait.</param>
    /// <param name="cancellationToken">Looked at once, when the operation's turn comes; never after.</param>
    /// <param name="committed">Told of what it did once that is committed, in the order of operations and before it is answered, on the writer's thread: must not block.</param>
    /// <exception cref="ObjectStoreException">The work's own, or <see cref="ObjectStoreFault.StorageFull"/>, <see cref="ObjectStoreFault.Unavailable"/>.</exception>
    internal Task<T> CommitAsync<T>(Func<MetadataTransaction, T> work, CancellationToken cancellationToken, Action<T>? committed = null)
    {
        var operation = new Operation<T>(work, cancellationToken, committed);
        try
        {
            _queue.Add(operation, CancellationToken.None);
        }
        catch (InvalidOperationException)
        {
            operation.Fail(ObjectStoreException.Closed());
        }

        return operation.Task;
    }

    /// <summary>Ends the thread once all that is queued was answered.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.CompleteAdding();
        await _stopped.Task.ConfigureAwait(false);
        foreach (var statement in (Statement[])[_begin, _commit, _rollback])
        {
            statement.Dispose();
        }

        _transaction.Dispose();
        _queue.Dispose();
    }

    private void Run()
    {
        var batch = new List<Operation>();
        foreach (var first in _queue.GetConsumingEnumerable())
        {
            batch.Clear();
            batch.Add(first);
            if (_failure is { } earlier)
            {
                Fail(batch, new ObjectStoreException(ObjectStoreFault.Unavailable, "The metadata cannot be written until the Region was restarted", earlier));
                continue;
            }

            Process(batch);
        }

        _stopped.SetResult();
    }

    // 1. Begin. 2. Do the first operation and all that has queued meanwhile. 3. Find what nothing refers to any more. 4. Commit.
    // 5. Answer each. 6. Remove what nothing refers to.
    private void Process(List<Operation> batch)
    {
        List<string> unreferred;
        try
        {
            _begin.Execute();
            batch[0].Perform(_transaction);
            while (batch.Count < MaxOperations && _queue.TryTake(out var next))
            {
                batch.Add(next);
                next.Perform(_transaction);
            }

            unreferred = _transaction.TakeUnreferredBodies();
        }
        catch (Exception e)
        {
            RollBack();
            StorageLog.TransactionFailed(_logger, batch.Count, e);
            Fail(batch, Failure(e, outcomeUnknown: false));
            return;
        }

        try
        {
            _commit.Execute();
        }
        catch (Exception e)
        {
            // The log may hold the transaction whole although the sync failed: after a restart it may be there or not. So its bodies stay.
            // A disk that is full can have room again; after any other error the state of the system's cache is unknown, and a later sync
            // may succeed without having written (https://wiki.postgresql.org/wiki/Fsync_Errors): only a restart reads what is really there.
            RollBack();
            StorageLog.CommitFailed(_logger, batch.Count, e);
            if (e is not SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_FULL })
            {
                _failure = e;
            }

            Fail(batch, Failure(e, outcomeUnknown: true));
            return;
        }

        Transactions++;
        foreach (var operation in batch)
        {
            operation.Acknowledge();
        }

        unreferred.ForEach(_removeBody);
    }

    private void RollBack()
    {
        _transaction.Forget();
        try
        {
            // SQLite has rolled back by itself after some errors.
            if (SQLitePCL.raw.sqlite3_get_autocommit(_connection.Handle) == 0)
            {
                _rollback.Execute();
            }
        }
        catch (SqliteException e)
        {
            _failure = e;
            StorageLog.RollbackFailed(_logger, e);
        }
    }

    private static ObjectStoreException Failure(Exception e, bool outcomeUnknown) => e is SqliteException database
        ? MetadataDatabase.DatabaseFailure(database, outcomeUnknown)
        : new ObjectStoreException(ObjectStoreFault.Unavailable, "The metadata cannot be written", e) { OutcomeUnknown = outcomeUnknown };

    private static void Fail(List<Operation> batch, ObjectStoreException failure)
    {
        foreach (var operation in batch)
        {
            operation.Fail(failure);
        }
    }

    private abstract class Operation
    {
        internal abstract void Perform(MetadataTransaction transaction);

        internal abstract void Acknowledge();

        internal abstract void Fail(ObjectStoreException failure);
    }

    private sealed class Operation<T>(Func<MetadataTransaction, T> work, CancellationToken cancellationToken, Action<T>? committed) : Operation
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _result;
        private ObjectStoreException? _fault;
        private bool _cancelled;

        internal Task<T> Task => _done.Task;

        internal override void Perform(MetadataTransaction transaction)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                _cancelled = true;
                return;
            }

            try
            {
                _result = work(transaction);
            }
            catch (ObjectStoreException e)
            {
                _fault = e;
            }
        }

        internal override void Acknowledge()
        {
            if (_cancelled)
            {
                _done.SetCanceled(cancellationToken);
            }
            else if (_fault is not null)
            {
                _done.SetException(_fault);
            }
            else
            {
                committed?.Invoke(_result!);
                _done.SetResult(_result!);
            }
        }

        internal override void Fail(ObjectStoreException failure) => _done.SetException(failure);
    }
}

using EdgeMesh.Storage.Bodies;
using EdgeMesh.Storage.Database;
using EdgeMesh.Storage.Grammar;
using EdgeMesh.V1;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Storage;

/// <summary>Finds the object that stands under a key now, and opens its body. Thread-safe.</summary>
/// <param name="metadata">Has the rows.</param>
/// <param name="bodies">Has the files.</param>
/// <param name="logger">Told of damage.</param>
internal sealed class StandingObjects(MetadataDatabase metadata, BodyDirectory bodies, ILogger logger)
{
    /// <summary>Finds and opens.</summary>
    /// <exception cref="ObjectStoreException">Not found, a condition not met, damaged, or unavailable.</exception>
    internal Task<(StoredObject Found, BodyReader Body)> OpenAsync(ObjectName name, ObjectConditions? conditions, CancellationToken cancellationToken)
    {
        return OpenStandingAsync(Find, body => BodyReader.OpenAsync(bodies, body, cancellationToken), Failure);

        StoredObject Find()
        {
            var found = metadata.Read(queries => queries.Find(name));
            ConditionRules.Demand(conditions, found, name);
            return found;
        }
    }

    /// <summary>Finds and opens, given how to do either.</summary>
    /// <remarks>
    /// A reader may lose the race with an overwrite: 1. it reads the row and learns of body A; 2. the writer commits body B and unlinks A;
    /// 3. it finds no file A. So it reads the row again. Bodies are unlinked after the commit only: if the row still names A, then A is lost.
    /// </remarks>
    /// <param name="find">Reads the row as it is now.</param>
    /// <param name="open">Opens a body.</param>
    /// <param name="failure">What a caller learns of an open that failed.</param>
    internal static async Task<(StoredObject Found, BodyReader Body)> OpenStandingAsync(
        Func<StoredObject> find, Func<StoredBody, Task<BodyReader>> open, Func<StoredObject, Exception, ObjectStoreException> failure)
    {
        string? absent = null;
        while (true)
        {
            var found = find();
            try
            {
                return (found, await open(found.Body).ConfigureAwait(false));
            }
            catch (FileNotFoundException) when (absent != found.Body.Id)
            {
                absent = found.Body.Id;
            }
            catch (Exception e) when (e is DamagedBodyException || DiskFailure.Is(e))
            {
                throw failure(found, e);
            }
        }
    }

    /// <summary>What a caller learns of a read that failed, and the log of a damaged body.</summary>
    internal ObjectStoreException Failure(StoredObject found, Exception e)
    {
        if (!DiskFailure.IsLoss(e))
        {
            return new ObjectStoreException(ObjectStoreFault.Unavailable, $"The content of {found.Name} cannot be read", e);
        }

        StorageLog.BodyDamaged(logger, found.Body.Id, e);
        return new ObjectStoreException(ObjectStoreFault.Damaged, $"The content of {found.Name}, generation {found.Generation}, is damaged on disk", e);
    }
}

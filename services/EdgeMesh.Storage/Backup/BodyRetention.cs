namespace EdgeMesh.Storage.Backup;

/// <summary>Keeps body files while a backup reads them, though no object refers to them any more.</summary>
/// <remarks>
/// A delete during a backup: 1. the backup holds; 2. it takes its copy of the metadata, with an object of body A; 3. the object is deleted,
/// and nothing refers to A; 4. the backup opens A. So from 1 on removals wait, until the backup ends. One that was asked for before 1 is
/// of a body that the copy cannot name: removals come after their commit. Removals that a killed process never did are swept at its next
/// start. Thread-safe; holds one name (about 100 bytes) a waiting removal.
/// </remarks>
/// <param name="remove">Removes a body; must not block.</param>
internal sealed class BodyRetention(Action<string> remove)
{
    private readonly Lock _lock = new();
    private List<string>? _waiting;

    /// <summary>Begins to keep bodies.</summary>
    /// <returns>False where a backup holds already.</returns>
    internal bool TryHold()
    {
        lock (_lock)
        {
            if (_waiting is not null)
            {
                return false;
            }

            _waiting = [];
            return true;
        }
    }

    /// <summary>Removes a body, now or when no backup holds it.</summary>
    internal void Remove(string id)
    {
        lock (_lock)
        {
            if (_waiting is not null)
            {
                _waiting.Add(id);
                return;
            }
        }

        remove(id);
    }

    /// <summary>Ends the hold, and removes what has waited.</summary>
    internal void Release()
    {
        List<string> waiting;
        lock (_lock)
        {
            waiting = _waiting ?? throw new InvalidOperationException("Nothing is held");
            _waiting = null;
        }

        waiting.ForEach(remove);
    }
}

using System.Text;
using EdgeMesh.Caching.Memory;
using EdgeMesh.Caching.Purges;

namespace EdgeMesh.Caching;

// How entries are taken out of service by what they are.
public sealed unsafe partial class SlabStore
{
    /// <summary>Takes every entry that has a tag out of service, at once; its memory comes back in the background.</summary>
    /// <param name="tag">The tag, case-sensitive.</param>
    /// <param name="sequence">The purge's number, <see cref="Sequence"/> or above, as several parts of one purge have the same; null: the next.</param>
    /// <returns>The purge's number. Answers that are as-of before it and have the tag are not stored any more.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is below that of a purge before.</exception>
    public long PurgeTag(string tag, long? sequence = null)
    {
        var hash = HashTag(tag);
        lock (_lock)
        {
            var number = NextSequenceLocked(sequence);
            PurgeLocked(hash, number);
            EndPurgeLocked(number);
            return number;
        }
    }

    /// <summary>Takes every entry out of service, at once; memory comes back in the background.</summary>
    /// <inheritdoc cref="PurgeTag"/>
    public long PurgeAll(long? sequence = null)
    {
        lock (_lock)
        {
            var number = NextSequenceLocked(sequence);
            ClearLocked(number);
            EndPurgeLocked(number);
            return number;
        }
    }

    /// <summary>Carries purges out. When it returns, none of what they name is found any more, or not as fresh.</summary>
    /// <remarks>
    /// Step 1, under the lock: every purge is remembered, so that no answer from before it is stored any more; what goes in constant time has gone. Step 2,
    /// where it takes one: a walk over all entries, in short turns of the lock; what comes in meanwhile was looked at when it came.
    /// A softly purged entry becomes stale: its stale windows begin now. One that its origin allows no stale use of goes. A reader may, while its
    /// times are written, see it as fresh once more.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">A number is below that of a purge before.</exception>
    public void Purge(PurgeBatch batch)
    {
        // 1
        uint at;
        lock (_lock)
        {
            foreach (var (name, part) in batch.Parts)
            {
                var number = NextSequenceLocked(part);
                if (name is { } known)
                {
                    PurgeLocked(known, number);
                }
                else
                {
                    ClearLocked(number);
                }

                EndPurgeLocked(number);
            }

            at = batch.TakesWalk && !_isDisposed ? _entries.Limit : 0;
        }

        // 2
        while (at > 1)
        {
            lock (_lock)
            {
                if (_isDisposed)
                {
                    return;
                }

                var now = _time.GetTimestamp();
                for (var steps = TurnEntries; steps > 0 && at > 1; steps--)
                {
                    at--;
                    if (_entries[at].IsPublished)
                    {
                        CarryOutLocked(batch, at, now);
                    }
                }

                SettleLocked();
            }
        }
    }

    internal static KeyHash HashTag(string tag)
    {
        const int StackBytes = 512;
        var bytes = Encoding.UTF8.GetMaxByteCount(tag.Length) <= StackBytes ? stackalloc byte[StackBytes] : new byte[Encoding.UTF8.GetMaxByteCount(tag.Length)];
        return KeyHash.Compute(bytes[..Encoding.UTF8.GetBytes(tag, bytes)]);
    }

    private void CarryOutLocked(PurgeBatch batch, uint slot, long now)
    {
        var block = BlockOf(slot);
        var head = Block.Head(block);
        var asOf = EntryHead.ReadAsOf(head);
        var fate = batch.FateOf(EntryHead.ReadMarks(head), asOf);
        if (fate == PurgeBatch.Fate.Stays && batch.HasSoftTags && Block.IsExtended(block))
        {
            fate = _tags.Any(Block.Extension(block)->FirstTagLink, batch, asOf) ? PurgeBatch.Fate.Stale : fate;
        }

        if (fate == PurgeBatch.Fate.Stale && new EntryHead(head).Kind == EntryKind.VaryMarker)
        {
            // It leads to answers that have become stale, and says nothing by itself.
            return;
        }

        var (fresh, stale) = (EntryHead.ReadFreshUntil(head), EntryHead.ReadStaleUntil(head));
        if (fate == PurgeBatch.Fate.Goes || (fate == PurgeBatch.Fate.Stale && stale <= fresh))
        {
            _purged++;
            UnlinkLocked(slot, isEvicted: false);
        }
        else if (fate == PurgeBatch.Fate.Stale && fresh > now)
        {
            // Out of its wheel before its times change, which the wheel reads.
            (Block.IsStale(block) ? _stale : _fresh).Remove(slot);
            EntryHead.WriteTimes(new Span<byte>(block + Block.OffsetOfHead(block), head.Length), now, now + (stale - fresh));
            ((BlockHeader*)block)->Slot |= Block.StaleBit;
            _stale.Add(slot, ToTick(now + (stale - fresh)));
        }
    }

    private void PurgeLocked(KeyHash name, long number)
    {
        if (!_isDisposed && !_tags.TryPurge(name, number))
        {
            ClearLocked(number);
        }
    }

    private long NextSequenceLocked(long? sequence)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sequence ?? long.MaxValue, _lastPurge, nameof(sequence));
        return sequence ?? _lastPurge + 1;
    }

    private void ClearLocked(long number)
    {
        Volatile.Write(ref _clearedAt, number);
        _sweepAt = _entries.Limit;
    }

    private void EndPurgeLocked(long number)
    {
        // After the marks: whoever sees the number sees them.
        Volatile.Write(ref _lastPurge, number);
        SettleLocked();
        WakeMaintenance();
    }
}

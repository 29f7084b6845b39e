using EdgeMesh.Caching.Index;
using EdgeMesh.Caching.Memory;
using EdgeMesh.Caching.Purges;

namespace EdgeMesh.Caching.Tags;

/// <summary>Which entries have which tag, and when each tag was last purged.</summary>
/// <remarks>
/// A tag is known by 128 bits of keyed hash: two that agree, which nobody can aim at, would be purged together. A purge takes the
/// tag's record with its whole list of entries out of the index, marks it, and leaves a new, empty record in its place: so it
/// takes constant time, and every entry that has the old record in its links is dead at once, whenever it is removed.
/// What was purged is remembered for fills that were asked before: the last <see cref="MaxRemembered"/> purges each, and of
/// those before only the latest sequence, <see cref="Floor"/>.
/// Belongs to the store's lock, but for <see cref="IsPurged"/>, which any reader inside an epoch may call.
/// </remarks>
internal sealed class TagTable : IDisposable
{
    /// <summary>Purges that are remembered one by one: far more than come during the longest fill; about 4 MiB when all are of different tags.</summary>
    public const int MaxRemembered = 1 << 16;

    private const int RememberedBytes = 16;

    private readonly NativeTable<TagRecord> _tags;
    private readonly NativeTable<TagLink> _links;
    private readonly ExtendibleIndex _index;
    private readonly MemoryLedger _ledger;
    private readonly Limbo _limbo;
    private readonly Queue<(uint Tag, long Sequence)> _remembered = new();
    private readonly Queue<uint> _doomed = new();

    public TagTable(MemoryLedger ledger, Limbo limbo)
    {
        _ledger = ledger;
        _limbo = limbo;
        _tags = new NativeTable<TagRecord>(ledger);
        _links = new NativeTable<TagLink>(ledger);
        _index = new ExtendibleIndex(ledger, limbo);
    }

    /// <summary>An answer that is as-of before this may have been purged, and nobody can tell.</summary>
    public long Floor { get; private set; }

    /// <summary>Tags that entries have, or that were purged lately.</summary>
    public long Count => _index.Count;

    /// <summary>Memory of records, links and their index.</summary>
    public long Bytes => _tags.Bytes + _links.Bytes + _index.Bytes + ((long)_remembered.Count * RememberedBytes);

    /// <summary>Whether any of these tags was purged after a sequence.</summary>
    public bool IsAnyPurged(ReadOnlySpan<KeyHash> tags, long asOf)
    {
        foreach (var tag in tags)
        {
            if (Find(tag) is not 0 and var found && _tags[found].PurgedAt > asOf)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether any tag in an entry's links was purged after a sequence.</summary>
    public bool IsPurged(uint firstLink, long asOf)
    {
        for (var link = firstLink; link != 0; link = _links[link].NextOfEntry)
        {
            if (Volatile.Read(ref _tags[_links[link].Tag].PurgedAt) > asOf)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a soft purge names any tag in an entry's links.</summary>
    public bool Any(uint firstLink, PurgeBatch batch, long asOf)
    {
        for (var link = firstLink; link != 0; link = _links[link].NextOfEntry)
        {
            ref var tag = ref _tags[_links[link].Tag];
            if (batch.IsSoftTag(new KeyHash(tag.Low, tag.High), asOf))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Links an entry to its tags.</summary>
    /// <param name="slot">The entry's number.</param>
    /// <param name="tags">At least one.</param>
    /// <returns>The first link, for <see cref="BlockExtension.FirstTagLink"/>; 0 when the index has no place.</returns>
    public uint Attach(uint slot, ReadOnlySpan<KeyHash> tags)
    {
        uint first = 0;
        foreach (var hash in tags)
        {
            var tag = FindOrAdd(hash);
            if (tag == 0)
            {
                Detach(first);
                return 0;
            }

            var number = _links.Take();
            ref var record = ref _tags[tag];
            _links[number] = new TagLink { Slot = slot, Tag = tag, NextOfEntry = first, NextOfTag = record.FirstLink };
            if (record.FirstLink != 0)
            {
                _links[record.FirstLink].PreviousOfTag = number;
            }

            record.FirstLink = number;
            record.Count++;
            first = number;
        }

        return first;
    }

    /// <summary>Takes an entry that was just unlinked out of its tags' lists; its links stay readable until they leave limbo.</summary>
    public void Detach(uint firstLink)
    {
        for (var number = firstLink; number != 0; number = _links[number].NextOfEntry)
        {
            ref var link = ref _links[number];
            ref var tag = ref _tags[link.Tag];
            if (link.NextOfTag != 0)
            {
                _links[link.NextOfTag].PreviousOfTag = link.PreviousOfTag;
            }

            if (link.PreviousOfTag != 0)
            {
                _links[link.PreviousOfTag].NextOfTag = link.NextOfTag;
            }
            else
            {
                tag.FirstLink = link.NextOfTag;
            }

            tag.Count--;
            DropIfUnused(link.Tag);
            _limbo.AddNumber(RetiredKind.TagLink, number);
        }
    }

    /// <summary>Purges a tag.</summary>
    /// <param name="hash">The tag.</param>
    /// <param name="sequence">At least that of every purge before.</param>
    /// <returns>False when the index has no place to remember it in: everything must be purged instead.</returns>
    public bool TryPurge(KeyHash hash, long sequence)
    {
        var tag = Find(hash);
        if (tag != 0 && _tags[tag].Count > 0)
        {
            // Race: (1) a reader finds an entry of the tag; (2) the purge marks the record and returns; (3) the entry is removed
            // and the record retired; (4) the reader, still in its epoch, reads the mark in it: a miss, as it must be.
            ref var doomed = ref _tags[tag];
            Volatile.Write(ref doomed.PurgedAt, sequence);
            doomed.IsDoomed = 1;
            _index.Remove(hash.Fingerprint, tag);
            _doomed.Enqueue(tag);
            tag = 0;
        }

        tag = tag != 0 ? tag : FindOrAdd(hash);
        if (tag == 0)
        {
            return false;
        }

        _tags[tag].PurgedAt = sequence;
        _remembered.Enqueue((tag, sequence));
        _ledger.Take(RememberedBytes);
        if (_remembered.Count > MaxRemembered)
        {
            var (oldest, at) = _remembered.Dequeue();
            _ledger.Take(-RememberedBytes);
            if (_tags[oldest].PurgedAt == at && _tags[oldest].IsDoomed == 0)
            {
                Floor = at;
                DropIfUnused(oldest);
            }
        }

        return true;
    }

    /// <summary>An entry of a purged tag that is still to be removed.</summary>
    /// <returns>0 when there is none.</returns>
    public uint PeekDoomed()
    {
        while (_doomed.TryPeek(out var tag))
        {
            if (_tags[tag].Count > 0)
            {
                return _links[_tags[tag].FirstLink].Slot;
            }

            _doomed.Dequeue();
            _limbo.AddNumber(RetiredKind.Tag, tag);
        }

        return 0;
    }

    /// <summary>Frees a link that nobody reads.</summary>
    public void FreeLink(uint link) => _links.Return(link);

    /// <summary>Frees a record that nobody reads.</summary>
    public void FreeTag(uint tag) => _tags.Return(tag);

    /// <summary>Walks every list.</summary>
    /// <param name="linksOfEntries">Links that entries were found to have.</param>
    /// <exception cref="InvalidOperationException">Lists and counts do not agree.</exception>
    public void CheckInvariants(long linksOfEntries)
    {
        long linked = 0;
        _index.CheckInvariants((_, tag) => linked += CheckList(tag));
        foreach (var tag in _doomed)
        {
            linked += CheckList(tag);
        }

        Invariant.Holds(linked == linksOfEntries, "links between entries and tags", linksOfEntries, linked);
    }

    /// <summary>How many links begin at a first one.</summary>
    public int CountLinks(uint firstLink)
    {
        var count = 0;
        for (var link = firstLink; link != 0; link = _links[link].NextOfEntry)
        {
            count++;
        }

        return count;
    }

    public void Dispose()
    {
        _tags.Dispose();
        _links.Dispose();
        _index.Dispose();
    }

    private long CheckList(uint tag)
    {
        var (found, previous) = (0u, 0u);
        for (var link = _tags[tag].FirstLink; link != 0; link = _links[link].NextOfTag)
        {
            Invariant.Holds(_links[link].PreviousOfTag == previous && _links[link].Tag == tag, "the links of a tag", link, previous);
            previous = link;
            found++;
        }

        Invariant.Holds(found == _tags[tag].Count, "entries of a tag", _tags[tag].Count, found);
        return found;
    }

    private uint Find(KeyHash hash)
    {
        var match = new TagMatch(_tags, hash);
        return _index.Find(hash.Fingerprint, ref match);
    }

    private uint FindOrAdd(KeyHash hash)
    {
        if (Find(hash) is not 0 and var found)
        {
            return found;
        }

        var tag = _tags.Take();
        _tags[tag] = new TagRecord { Low = hash.Low, High = hash.High };
        if (_index.TryAdd(hash.Fingerprint, tag))
        {
            return tag;
        }

        _tags.Return(tag);
        return 0;
    }

    /// <summary>Drops a record that no entry has and no purge is remembered by.</summary>
    private void DropIfUnused(uint tag)
    {
        ref var record = ref _tags[tag];
        if (record.Count == 0 && record.IsDoomed == 0 && record.PurgedAt <= Floor)
        {
            _index.Remove(new KeyHash(record.Low, record.High).Fingerprint, tag);
            _limbo.AddNumber(RetiredKind.Tag, tag);
        }
    }

    private readonly struct TagMatch(NativeTable<TagRecord> tags, KeyHash hash) : IReferenceMatch
    {
        public bool IsMatch(uint reference) => tags[reference].Low == hash.Low && tags[reference].High == hash.High;
    }
}

/// <summary>What is kept of a tag.</summary>
internal struct TagRecord
{
    public ulong Low;
    public ulong High;

    /// <summary>Sequence of its last purge; 0: never.</summary>
    public long PurgedAt;

    public uint FirstLink;
    public uint Count;

    /// <summary>1: purged, out of the index, and gone when its last entry is.</summary>
    public uint IsDoomed;
}

/// <summary>One entry has one tag.</summary>
internal struct TagLink
{
    public uint Slot;
    public uint Tag;
    public uint NextOfEntry;
    public uint NextOfTag;
    public uint PreviousOfTag;
}

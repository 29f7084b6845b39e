namespace EdgeMesh.Caching.Purges;

/// <summary>Purges that are carried out together, in one walk over the entries where it takes one.</summary>
/// <remarks>
/// Tags and everything go in constant time. Methods and requests, and whatever is only to become stale, take a walk: some tens of
/// nanoseconds an entry, whether it is one purge or a thousand. Belongs to its maker until <see cref="SlabStore.Purge"/> has it.
/// </remarks>
public sealed class PurgeBatch
{
    private readonly Dictionary<(MarkKind Kind, ulong Mark), (long Hard, long Soft)> _marks = [];
    private readonly Dictionary<KeyHash, long> _softTags = [];
    private bool _namesByTag;

    /// <summary>What must be done in order: each purge as it came.</summary>
    internal List<Part> Parts { get; } = [];

    /// <summary>Whether it takes a walk.</summary>
    internal bool TakesWalk => _marks.Count > 0 || _softTags.Count > 0 || SoftAll > 0;

    /// <summary>The last number by which everything becomes stale.</summary>
    internal long SoftAll { get; private set; }

    /// <summary>Entries with a tag go, or become stale.</summary>
    /// <param name="tag">Case-sensitive.</param>
    /// <param name="isSoft">Whether they become stale only.</param>
    /// <param name="number">The purge's, at least that of those before.</param>
    public void AddTag(string tag, bool isSoft, long number)
    {
        var hash = SlabStore.HashTag(tag);
        if (isSoft)
        {
            _softTags[hash] = number;
        }

        _namesByTag = true;
        Parts.Add(new Part(isSoft ? Soft(hash) : hash, number));
    }

    /// <summary>Answers of a method go, or become stale.</summary>
    /// <param name="path"><c>/package.Service/Method</c>.</param>
    /// <inheritdoc cref="AddTag"/>
    public void AddMethod(string path, bool isSoft, long number) => Add(MarkKind.Method, EntryMarks.OfMethod(path), isSoft, number);

    /// <summary>Answers to a request go, or become stale.</summary>
    /// <param name="path"><c>/package.Service/Method</c>.</param>
    /// <param name="message">The message as it is keyed.</param>
    /// <inheritdoc cref="AddTag"/>
    public void AddRequest(string path, ReadOnlySpan<byte> message, bool isSoft, long number) => Add(MarkKind.Request, EntryMarks.Of(path, message).Request, isSoft, number);

    /// <summary>Everything goes, or becomes stale.</summary>
    /// <inheritdoc cref="AddTag"/>
    public void AddAll(bool isSoft, long number)
    {
        SoftAll = isSoft ? number : SoftAll;
        _namesByTag = true;
        Parts.Add(new Part(isSoft ? SoftEverything : null, number));
    }

    /// <summary>Whether there is nothing in it.</summary>
    public bool IsEmpty => Parts.Count == 0;

    /// <summary>Whether an answer with these marks, whose tags are not known yet, may be among what goes, or becomes stale.</summary>
    public bool MayName(EntryMarks marks) => _namesByTag || _marks.ContainsKey((MarkKind.Method, marks.Method)) || _marks.ContainsKey((MarkKind.Request, marks.Request));

    /// <summary>The names by which purges of marks, and soft ones, are remembered among the tags: none that a tag could have, but by chance.</summary>
    internal static KeyHash SoftEverything { get; } = new(ulong.MaxValue, ulong.MaxValue);

    internal static KeyHash Soft(KeyHash hash) => new(~hash.Low, hash.High);

    internal static KeyHash MethodName(EntryMarks marks) => Name(MarkKind.Method, marks.Method);

    internal static KeyHash RequestName(EntryMarks marks) => Name(MarkKind.Request, marks.Request);

    /// <summary>What is to be done with an entry, by its marks.</summary>
    internal Fate FateOf(EntryMarks marks, long asOf)
    {
        var fate = asOf < SoftAll ? Fate.Stale : Fate.Stays;
        foreach (var key in (ReadOnlySpan<(MarkKind, ulong)>)[(MarkKind.Method, marks.Method), (MarkKind.Request, marks.Request)])
        {
            if (_marks.TryGetValue(key, out var numbers))
            {
                fate = asOf < numbers.Hard ? Fate.Goes : asOf < numbers.Soft && fate == Fate.Stays ? Fate.Stale : fate;
                if (fate == Fate.Goes)
                {
                    return fate;
                }
            }
        }

        return fate;
    }

    /// <summary>Whether one of an entry's tags makes it stale.</summary>
    internal bool IsSoftTag(KeyHash tag, long asOf) => _softTags.TryGetValue(tag, out var number) && asOf < number;

    internal bool HasSoftTags => _softTags.Count > 0;

    private static KeyHash Name(MarkKind kind, ulong mark) => new((ulong)kind, kind == MarkKind.Method ? (mark << 32) | mark : mark);

    private void Add(MarkKind kind, ulong mark, bool isSoft, long number)
    {
        var (hard, soft) = _marks.GetValueOrDefault((kind, mark));
        _marks[(kind, mark)] = isSoft ? (hard, number) : (number, soft);
        var name = Name(kind, mark);
        Parts.Add(new Part(isSoft ? Soft(name) : name, number));
    }

    internal enum Fate
    {
        Stays,
        Stale,
        Goes,
    }

    private enum MarkKind : ulong
    {
        Method = 1,
        Request = 2,
    }

    /// <summary>One purge.</summary>
    /// <param name="Name">What it is remembered by; null: everything goes.</param>
    /// <param name="Number">Its number.</param>
    internal readonly record struct Part(KeyHash? Name, long Number);
}

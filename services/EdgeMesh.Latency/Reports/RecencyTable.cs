using System.Diagnostics.CodeAnalysis;

namespace EdgeMesh.Latency.Reports;

/// <summary>A dictionary that holds no more than it may: the entry that was longest untouched goes first.</summary>
/// <remarks>Not thread-safe.</remarks>
/// <typeparam name="TKey">What is remembered.</typeparam>
/// <typeparam name="TValue">What is known of it.</typeparam>
/// <param name="capacity">The most entries, 1 or more.</param>
public sealed class RecencyTable<TKey, TValue>(int capacity)
    where TKey : notnull
{
    private readonly Dictionary<TKey, LinkedListNode<(TKey Key, TValue Value)>> _byKey = [];
    private readonly LinkedList<(TKey Key, TValue Value)> _oldestFirst = [];

    /// <summary>The values, the longest untouched first.</summary>
    public IEnumerable<TValue> Values => _oldestFirst.Select(entry => entry.Value);

    /// <summary>Looks without touching.</summary>
    public bool TryFind(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        var found = _byKey.TryGetValue(key, out var node);
        value = found ? node!.Value.Value : default;
        return found;
    }

    /// <summary>Sets an entry and touches it.</summary>
    public void Set(TKey key, TValue value)
    {
        if (_byKey.Remove(key, out var former))
        {
            _oldestFirst.Remove(former);
        }
        else if (_byKey.Count >= capacity)
        {
            _byKey.Remove(_oldestFirst.First!.Value.Key);
            _oldestFirst.RemoveFirst();
        }

        _byKey.Add(key, _oldestFirst.AddLast((key, value)));
    }

    /// <summary>Takes entries out, the longest untouched first.</summary>
    /// <param name="most">How many at most.</param>
    public IReadOnlyList<(TKey Key, TValue Value)> Take(int most)
    {
        var taken = new List<(TKey, TValue)>(Math.Min(most, _byKey.Count));
        while (taken.Count < most && _oldestFirst.First is { } first)
        {
            taken.Add(first.Value);
            _byKey.Remove(first.Value.Key);
            _oldestFirst.RemoveFirst();
        }

        return taken;
    }
}

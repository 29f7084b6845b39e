using System.Collections.Concurrent;
using System.Collections.Frozen;
using EdgeMesh.V1;

namespace EdgeMesh.Relay.Methods;

/// <summary>Shapes of methods: declared ones (descriptors, by way of the Region), else learned ones.</summary>
/// <remarks>
/// Declared shapes are an immutable snapshot behind one volatile reference; learned ones a bounded dictionary. Thread-safe.
/// A name beyond the bound is not learned: callers can make names up, so the table must not grow with them.
/// </remarks>
public sealed class MethodTable
{
    private const int MaxLearned = 4096;

    // Each named method costs metrics a histogram a status. Declared ones come from who runs the mesh; others from whoever calls.
    private const int MaxNamedDeclared = 1000;
    private const int MaxNamedLearned = 256;

    private readonly ConcurrentDictionary<string, MethodState> _learned = new(StringComparer.Ordinal);
    private volatile FrozenDictionary<string, DeclaredMethod> _declared = FrozenDictionary<string, DeclaredMethod>.Empty;
    private readonly ConcurrentDictionary<string, byte> _named = new(StringComparer.Ordinal);
    private int _learnedCount;

    /// <summary>Replaces the declared shapes.</summary>
    public void Declare(IEnumerable<MethodShape> shapes)
    {
        var previous = _declared;
        var next = new Dictionary<string, DeclaredMethod>(StringComparer.Ordinal);
        foreach (var shape in shapes)
        {
            var path = "/" + shape.Method;
            var kind = shape.ClientStreaming || shape.ServerStreaming ? MethodKind.Streaming : MethodKind.Unary;

            // What was seen of an unchanged method stays.
            var state = previous.TryGetValue(path, out var known) && known.Kind == kind ? known.State : new MethodState(kind, next.Count < MaxNamedDeclared ? shape.Method : null);
            next[path] = new DeclaredMethod(kind, shape.SideEffectFree, state);
        }

        _declared = next.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>Whether a method is declared NO_SIDE_EFFECTS, so that it may be sent twice.</summary>
    /// <param name="path"><c>/package.Service/Method</c>.</param>
    public bool IsSideEffectFree(string path) => _declared.TryGetValue(path, out var declared) && declared.IsSideEffectFree;

    /// <summary>Finds what is known of a method.</summary>
    /// <param name="path"><c>/package.Service/Method</c>.</param>
    /// <param name="isDeclared">Whether its shape is certain.</param>
    internal MethodState Get(string path, out bool isDeclared)
    {
        if (_declared.TryGetValue(path, out var declared))
        {
            isDeclared = true;
            return declared.State;
        }

        isDeclared = false;
        if (_learned.TryGetValue(path, out var state))
        {
            return state;
        }

        state = new MethodState();
        if (Volatile.Read(ref _learnedCount) >= MaxLearned)
        {
            return state;
        }

        var winner = _learned.GetOrAdd(path, state);
        if (ReferenceEquals(winner, state))
        {
            Interlocked.Increment(ref _learnedCount);
        }

        return winner;
    }

    /// <summary>Names a method that has answered OK, if there is room for one more name.</summary>
    internal void TryName(string path, MethodState method)
    {
        if (_named.ContainsKey(path) || (_named.Count < MaxNamedLearned && _named.TryAdd(path, 0)))
        {
            method.Name = path[1..];
        }
    }

    /// <summary>Forgets a method that upstream does not have.</summary>
    internal void Forget(string path)
    {
        if (_learned.TryRemove(path, out _))
        {
            Interlocked.Decrement(ref _learnedCount);
        }
    }

    private sealed record DeclaredMethod(MethodKind Kind, bool IsSideEffectFree, MethodState State);
}

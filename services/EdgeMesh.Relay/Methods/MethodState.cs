using EdgeMesh.Relay.Cache;
using EdgeMesh.Relay.Policies;

namespace EdgeMesh.Relay.Methods;

/// <summary>What a node has seen of one method.</summary>
/// <remarks>
/// The wire does not show a call's type. States move so:
/// <code>
///   Unknown --one message and its end--> Unary
///   Unknown, Unary --no end within the wait--> Suspected --one message and its end, in time or before the answer--> Unary
///   any --a second message, in either direction--> Streaming, for good
/// </code>
/// Fields are single words, written without a lock: a lost update costs one more observation, never a wrong answer,
/// since every state relays correctly and only <see cref="MethodKind.Streaming"/> skips the wait for good.
/// </remarks>
internal sealed class MethodState
{
    // So many answers without one declaration make it unlikely that a method ever declares caching: its calls are then
    // no longer held back for one another. One declaration takes it back.
    private const int AnswersUntilUndeclared = 100;

    private volatile MethodKind _kind;
    private volatile bool _hasDeclared;
    private volatile string? _name;
    private volatile PolicyBinding? _binding;
    private int _answers;

    public MethodState(MethodKind kind = MethodKind.Unknown, string? name = null)
    {
        _kind = kind;
        _name = name;
    }

    /// <summary><c>package.Service/Method</c>, once it is sure not to be made up: for metrics, whose names must be bounded.</summary>
    public string? Name
    {
        get => _name;
        set => _name = value;
    }

    public MethodKind Kind => _kind;

    /// <summary>Whether asking for its answers fails.</summary>
    public CircuitBreaker Breaker { get; } = new();

    /// <summary>Whether an answer of this method has ever declared caching, or policy does.</summary>
    public bool HasDeclaredCaching => _hasDeclared || _binding is { Active.DeclaresCaching: true };

    /// <summary>Whether calls of this method may be held back for one another.</summary>
    public bool MayCoalesce => HasDeclaredCaching || Volatile.Read(ref _answers) < AnswersUntilUndeclared;

    /// <summary>What holds for the method: remembered, or looked up when there is another policy.</summary>
    /// <param name="path"><c>/package.Service/Method</c>.</param>
    public PolicyBinding Bind(PolicyModel policy, string path)
    {
        var binding = _binding;
        if (binding is null || !ReferenceEquals(binding.Model, policy))
        {
            _binding = binding = policy.Find(path);
        }

        return binding;
    }

    public void Observe(MethodKind kind)
    {
        if (_kind != MethodKind.Streaming && _kind != kind)
        {
            _kind = kind;
        }
    }

    public void ObserveAnswer(bool declaresCaching)
    {
        if (declaresCaching)
        {
            _hasDeclared = true;
        }
        else if (!_hasDeclared && Volatile.Read(ref _answers) < AnswersUntilUndeclared)
        {
            Interlocked.Increment(ref _answers);
        }
    }
}

/// <summary>How a method's messages flow, as far as a node knows.</summary>
internal enum MethodKind
{
    /// <summary>Not seen yet.</summary>
    Unknown,

    /// <summary>One request, one answer so far; or declared so.</summary>
    Unary,

    /// <summary>Once had no end of its request in time: hardly waited for until it shows otherwise.</summary>
    Suspected,

    /// <summary>More than one message was seen or declared, in one direction or both.</summary>
    Streaming,
}

using System.Numerics;
using EdgeMesh.Client.Nodes;
using EdgeMesh.Client.Picking;
using EdgeMesh.Client.Telemetry;
using EdgeMesh.Wire;

namespace EdgeMesh.Client.Calls;

/// <summary>Where one call has been, and where it goes next.</summary>
/// <remarks>Not thread-safe: its call owns it, which picks one node after another.</remarks>
internal sealed class CallRoute(NodePool pool, NodeTrust trust, EdgeMeshClientOptions options, ClientMeters meters, HttpRequestMessage request)
{
    private readonly ulong? _key = options.Sticky?.Key(request) is { Length: > 0 } key ? KeyHash.Of(key) : null;
    private PoolModel _model = pool.Current;
    private ulong _tried;
    private List<string>? _faults;
    private NodeState? _suspect;

    /// <summary>Nodes that the call was sent to.</summary>
    public int Attempts { get; private set; }

    /// <summary>Whether there is no other node to send it to, or it was at as many as it may be.</summary>
    public bool IsAtEnd => Attempts >= options.MaxAttempts || BitOperations.PopCount(_tried) >= _model.Nodes.Length;

    /// <summary>Chooses the next node.</summary>
    /// <returns>Null: the client is disposed of.</returns>
    public NodeState? Next()
    {
        // A node may have been ejected meanwhile, and the home have moved.
        if (Attempts > 0 && pool.Current is var newest && newest != _model)
        {
            _tried = Carry(_tried, _model, newest);
            _model = newest;
        }

        var sticky = _key is { } key ? StickyPick.Pick(_model, _tried, key, options.Sticky!) : -1;
        return Take(sticky >= 0 ? sticky : _model.Pick(_tried, options.Random));
    }

    /// <summary>Chooses a second node while the first has not answered: one that is well and has room.</summary>
    /// <returns>Null: there is none.</returns>
    public NodeState? NextHedge() => Take(_model.PickHedge(_tried, options.Random));

    /// <summary>A node did not answer well, and the call goes elsewhere.</summary>
    public void Leave(AttemptOutcome outcome)
    {
        _suspect = outcome.Answer is null ? _suspect : outcome.Node;
        outcome.Answer?.Dispose();
        (_faults ??= []).Add(outcome.Describe());
    }

    /// <summary>A node answered well: then the one that said UNAVAILABLE could have.</summary>
    public void Arrive()
    {
        if (_suspect is not null)
        {
            trust.Blame(_suspect);
        }
    }

    /// <summary>UNAVAILABLE, naming the nodes that did not answer.</summary>
    public HttpResponseMessage Unavailable()
    {
        meters.CountUnanswered();
        return StatusAnswer.Create(request, GrpcStatusCode.Unavailable, _faults is null ? "the client is disposed of" : $"no node of the mesh answered: {string.Join("; ", _faults)}");
    }

    private NodeState? Take(int index)
    {
        if (index < 0)
        {
            return null;
        }

        _tried |= 1UL << index;
        Attempts++;
        return _model.Nodes[index];
    }

    private static ulong Carry(ulong tried, PoolModel from, PoolModel to)
    {
        ulong carried = 0;
        for (; tried != 0; tried &= tried - 1)
        {
            carried |= Array.IndexOf(to.Nodes, from.Nodes[BitOperations.TrailingZeroCount(tried)]) is var index and >= 0 ? 1UL << index : 0;
        }

        return carried;
    }
}

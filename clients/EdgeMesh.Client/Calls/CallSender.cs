using System.Numerics;
using EdgeMesh.Client.Mesh;
using EdgeMesh.Client.Nodes;
using EdgeMesh.Wire;

namespace EdgeMesh.Client.Calls;

/// <summary>Sends a call to a node of the pool, and to another where that is right.</summary>
/// <remarks>
/// A unary call is held whole, its request before it is sent and its answer before it is handed over, since the status stands after the message: so that it may go to another node after
/// (a) a fault that proves that the node never had it, whatever the method; (b) any fault of the connection, an ejection of the node, or UNAVAILABLE, if the method is declared safe and
/// the budget has room. Everything else, streams and methods of which nothing is known, passes through and is sent to another node only while no connection has asked for its body.
/// Stateless but for the budget; thread-safe.
/// </remarks>
internal sealed class CallSender(NodePool pool, EdgeMeshClientOptions options)
{
    private readonly RetryBudget _budget = new();

    /// <summary>Sends a call.</summary>
    /// <param name="request">The caller's, which stays the caller's.</param>
    /// <param name="method">What is known of its method.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <returns>The answer of a node; or UNAVAILABLE, naming the nodes that could not be reached.</returns>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, MethodFacts method, CancellationToken cancellationToken)
    {
        var deadline = new CallDeadline(request, options.TimeProvider);
        _budget.Earn();
        var (held, passing) = method.IsUnary ? await HeldBody.ReadAsync(request.Content, options.MaxHeldBytes, cancellationToken).ConfigureAwait(false) : (null, request.Content);
        var model = pool.Current;
        ulong tried = 0;
        var faults = new List<string>(0);
        NodeState? suspect = null;
        for (var attempt = 1; ; attempt++)
        {
            var index = model.Pick(tried, options.Random);
            if (index < 0)
            {
                return Unavailable(request, ["the client is disposed of"]);
            }

            tried |= 1UL << index;
            var node = model.Nodes[index];
            var isLast = attempt >= options.MaxAttempts || BitOperations.PopCount(tried) >= model.Nodes.Length;
            var outcome = held is { } body
                ? await TryHeldAsync(request, body, node, method.IsSafe && !isLast, deadline, cancellationToken).ConfigureAwait(false)
                : await TryPassingAsync(request, passing, node, deadline, cancellationToken).ConfigureAwait(false);
            if (outcome.IsWell && suspect is not null)
            {
                // It could not answer what another could: its own fault.
                Blame(suspect);
            }

            if (!outcome.MayRepeat || isLast || (!outcome.IsNeverSent && !_budget.TrySpend()))
            {
                return outcome.Answer ?? (held is not null || outcome.IsNeverSent ? Unavailable(request, [.. faults, outcome.Describe(node)]) : throw outcome.Fault!);
            }

            suspect = outcome.Answer is null ? suspect : node;
            outcome.Answer?.Dispose();
            faults.Add(outcome.Describe(node));

            // The node may have been ejected meanwhile, and the home have moved.
            if (pool.Current is var newest && newest != model)
            {
                tried = Carry(tried, model, newest);
                model = newest;
            }
        }
    }

    private async Task<AttemptOutcome> TryHeldAsync(HttpRequestMessage request, ReadOnlyMemory<byte> body, NodeState node, bool mayGiveUp, CallDeadline deadline, CancellationToken cancellationToken)
    {
        // A call that must not be sent twice waits for its node, whatever becomes of that; so does one at a node that was ejected before, for want of another.
        using var either = mayGiveUp && !node.IsEjected ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, node.Ejection) : null;
        var token = either?.Token ?? cancellationToken;
        var content = new RepeatableContent(body);
        CopyFields(request.Content, content);
        using var copy = deadline.Copy(request, node, content);
        node.Begin();
        HttpResponseMessage? answer = null;
        try
        {
            answer = await node.Invoker.SendAsync(copy, token).ConfigureAwait(false);
            await HeldAnswer.HoldAsync(answer, options.MaxHeldBytes, token).ConfigureAwait(false);
            answer.RequestMessage = request;
            var isWell = NoteStatus(node, GrpcStatusOf.Read(answer.TrailingHeaders) ?? GrpcStatusOf.Read(answer.Headers));
            return new AttemptOutcome(answer, null, isWell, MayRepeat: !isWell && mayGiveUp, IsNeverSent: false);
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested && AttemptOutcome.IsOfNode(fault))
        {
            answer?.Dispose();
            var isNeverSent = TransportFault.IsNeverSent(fault);
            NoteFault(node, fault);
            return new AttemptOutcome(null, fault, IsWell: false, MayRepeat: isNeverSent || mayGiveUp, isNeverSent);
        }
        catch
        {
            answer?.Dispose();
            throw;
        }
        finally
        {
            node.End();
        }
    }

    private async Task<AttemptOutcome> TryPassingAsync(HttpRequestMessage request, HttpContent? body, NodeState node, CallDeadline deadline, CancellationToken cancellationToken)
    {
        var content = body is null ? null : new PassingContent(body);
        var copy = deadline.Copy(request, node, content);
        node.Begin();
        try
        {
            var answer = await node.Invoker.SendAsync(copy, cancellationToken).ConfigureAwait(false);
            answer.RequestMessage = request;
            return new AttemptOutcome(answer, null, NoteStatus(node, GrpcStatusOf.Read(answer.Headers)), MayRepeat: false, IsNeverSent: false);
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested && AttemptOutcome.IsOfNode(fault))
        {
            var isNeverSent = content is not { HasBegun: true } && TransportFault.IsNeverSent(fault);
            NoteFault(node, fault);
            return new AttemptOutcome(null, fault, IsWell: false, MayRepeat: isNeverSent, isNeverSent);
        }
        finally
        {
            node.End();
        }
    }

    /// <summary>UNAVAILABLE may be the word of an origin that no node reaches: that is no reason to eject one node after another.</summary>
    /// <returns>False: it is that.</returns>
    private static bool NoteStatus(NodeState node, GrpcStatusCode? status)
    {
        if (status != GrpcStatusCode.Unavailable)
        {
            node.Succeed();
            return true;
        }

        node.Doubt("answered UNAVAILABLE");
        return false;
    }

    private void NoteFault(NodeState node, Exception fault)
    {
        // A call that was given up since its node was ejected says nothing new of it.
        if (fault is OperationCanceledException and not { InnerException: TimeoutException })
        {
            return;
        }

        node.Doubt(TransportFault.Describe(fault));
        Blame(node);
    }

    private void Blame(NodeState node)
    {
        if (node.Blame())
        {
            pool.Eject(node);
        }
    }

    private static HttpResponseMessage Unavailable(HttpRequestMessage request, IReadOnlyList<string> faults) =>
        StatusAnswer.Create(request, GrpcStatusCode.Unavailable, $"no node of the mesh answered: {string.Join("; ", faults)}");

    private static ulong Carry(ulong tried, PoolModel from, PoolModel to)
    {
        ulong carried = 0;
        for (var i = 0; i < from.Nodes.Length; i++)
        {
            if ((tried >> i & 1) != 0 && Array.IndexOf(to.Nodes, from.Nodes[i]) is var index and >= 0)
            {
                carried |= 1UL << index;
            }
        }

        return carried;
    }

    private static void CopyFields(HttpContent? from, HttpContent to)
    {
        if (from is not null)
        {
            foreach (var field in from.Headers.NonValidated)
            {
                to.Headers.TryAddWithoutValidation(field.Key, field.Value);
            }
        }
    }
}

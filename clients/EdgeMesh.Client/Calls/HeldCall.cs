using System.Runtime.CompilerServices;
using EdgeMesh.Client.Hedging;
using EdgeMesh.Client.Mesh;
using EdgeMesh.Client.Nodes;
using EdgeMesh.Client.Telemetry;
using EdgeMesh.Wire;

namespace EdgeMesh.Client.Calls;

/// <summary>
/// A unary call that is held whole, its request before it is sent and its answer before it is handed over, since the status stands after the message: so that it may go to another node after
/// (a) a fault that proves that the node never had it, whatever the method; (b) any fault of the connection, an ejection of the node, or UNAVAILABLE, if the method is declared safe and
/// the budget has room; (c) the node's hedging delay, if the method is declared safe and that budget has room: then both are waited for, and the slower is given up.
/// </summary>
/// <remarks>
/// <para>Not thread-safe: made for one call.</para>
/// <para>
/// Races of a hedge. A: (1) the delay ends; (2) the first node answers; (3) the call is sent to the second all the same, and given up there: it cost a hedge. B: (1) one node answers;
/// (2) the other one does, before it is given up: its answer is disposed of. C: (1) the second is sent; (2) the first fails or is ejected: the second is waited for, and the other way round;
/// if both fail, the call goes on as after one fault. D: (1) both run; (2) the caller cancels: both end by its token, the one that nobody waits for in the background.
/// </para>
/// </remarks>
internal sealed class HeldCall(
    HttpRequestMessage request,
    ReadOnlyMemory<byte> body,
    MethodFacts method,
    CallRoute route,
    CallDeadline deadline,
    NodeTrust trust,
    RetryBudget retries,
    HedgeBudget hedges,
    EdgeMeshClientOptions options,
    ClientMeters meters,
    CancellationToken cancellationToken)
{
    private AttemptReason Reason => route.Attempts > 1 ? AttemptReason.Retry : AttemptReason.First;

    /// <summary>Sends it.</summary>
    /// <returns>A node's answer; or UNAVAILABLE, naming the nodes that did not.</returns>
    public async Task<HttpResponseMessage> SendAsync()
    {
        while (route.Next() is { } node)
        {
            var mayRepeat = method.IsSafe && !route.IsAtEnd;
            var outcome = mayRepeat ? await TryHedgedAsync(node).ConfigureAwait(false) : await TryAsync(node, Reason, mayRepeat: false, cancellationToken).ConfigureAwait(false);
            if (outcome.IsWell)
            {
                route.Arrive();
            }

            // What an ejected node leaves behind goes elsewhere all of it: that happens once, and another node takes calls.
            if (!outcome.MayRepeat || route.IsAtEnd || (!outcome.IsNeverSent && !outcome.Node.IsEjected && !retries.TrySpend()))
            {
                if (outcome.Answer is { } answer)
                {
                    return answer;
                }

                route.Leave(outcome);
                break;
            }

            route.Leave(outcome);
        }

        return route.Unavailable();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<AttemptOutcome> TryHedgedAsync(NodeState first)
    {
        // 1. The first node. At one that was ejected before, for want of another, a call waits whatever becomes of that.
        var firstEnd = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, first.IsEjected ? CancellationToken.None : first.Ejection);
        var one = TryAsync(first, Reason, mayRepeat: true, firstEnd.Token);
        if (!one.IsCompleted)
        {
            Task answered = first.HedgeDelay(first.Now) is { } delay ? one.WaitAsync(delay, options.TimeProvider) : one;
            await answered.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (one.IsCompleted)
        {
            hedges.NoteInTime();
            firstEnd.Dispose();
            return await one.ConfigureAwait(false);
        }

        // 2. A second one, if there is one that is well.
        if (!hedges.TrySpend() || route.NextHedge() is not { } second)
        {
            using (firstEnd)
            {
                return await one.ConfigureAwait(false);
            }
        }

        var secondEnd = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, second.Ejection);
        var two = TryAsync(second, AttemptReason.Hedge, mayRepeat: true, secondEnd.Token);

        // 3. Whoever answers well first; the other is given up.
        var faster = await Task.WhenAny(one, two).ConfigureAwait(false);
        var (slower, fasterEnd, slowerEnd) = faster == one ? (two, firstEnd, secondEnd) : (one, secondEnd, firstEnd);
        if (faster.IsCompletedSuccessfully && !faster.Result.IsWell)
        {
            // 4. That one failed: the other is all there is.
            route.Leave(faster.Result);
            using (fasterEnd)
            using (slowerEnd)
            {
                return await slower.ConfigureAwait(false);
            }
        }

        meters.CountHedge(hasWon: faster == two);
        fasterEnd.Dispose();
        _ = GiveUpAsync(slower, slowerEnd);
        return await faster.ConfigureAwait(false);
    }

    /// <summary>Lets go of an attempt that nobody waits for.</summary>
    private async Task GiveUpAsync(Task<AttemptOutcome> attempt, CancellationTokenSource end)
    {
        using (end)
        {
            await Continuations.CancelAsync(end).ConfigureAwait(false);
            try
            {
                (await attempt.ConfigureAwait(false)).Answer?.Dispose();
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // The caller has cancelled meanwhile, and is told by the other attempt.
            }
        }
    }

    private async Task<AttemptOutcome> TryAsync(NodeState node, AttemptReason reason, bool mayRepeat, CancellationToken token)
    {
        var content = new RepeatableContent(body);
        if (request.Content is { } asked)
        {
            foreach (var field in asked.Headers.NonValidated)
            {
                content.Headers.TryAddWithoutValidation(field.Key, field.Value);
            }
        }

        using var copy = deadline.Copy(request, node, content);
        var start = node.Begin();
        var telemetry = AttemptTelemetry.Begin(meters, node, start, method.Name, reason, copy);
        var status = GrpcStatusCode.Cancelled;
        HttpResponseMessage? answer = null;
        try
        {
            answer = await node.Invoker.SendAsync(copy, token).ConfigureAwait(false);
            await HeldAnswer.HoldAsync(answer, options.MaxHeldBytes, token).ConfigureAwait(false);
            answer.RequestMessage = request;
            var told = GrpcStatusOf.Read(answer.TrailingHeaders) ?? GrpcStatusOf.Read(answer.Headers);
            status = told ?? GrpcStatusCode.Unknown;
            var isWell = NodeTrust.Note(node, told);
            if (method.IsSafe && isWell)
            {
                node.NoteLatency(start);
            }

            return new AttemptOutcome(node, answer, null, isWell, MayRepeat: !isWell && mayRepeat, IsNeverSent: false);
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested && AttemptOutcome.IsOfNode(fault))
        {
            answer?.Dispose();
            var isGivenUp = fault is OperationCanceledException && token.IsCancellationRequested;
            if (method.IsSafe && isGivenUp)
            {
                node.NoteLatency(start);
            }

            status = isGivenUp ? GrpcStatusCode.Cancelled : GrpcStatusCode.Unavailable;

            var isNeverSent = TransportFault.IsNeverSent(fault);
            trust.Note(node, fault);
            return new AttemptOutcome(node, null, fault, IsWell: false, MayRepeat: isNeverSent || mayRepeat, isNeverSent);
        }
        catch
        {
            answer?.Dispose();
            throw;
        }
        finally
        {
            telemetry.End(status);
            node.End();
        }
    }
}

using EdgeMesh.Client.Nodes;
using EdgeMesh.Client.Telemetry;
using EdgeMesh.Wire;

namespace EdgeMesh.Client.Calls;

/// <summary>A call whose bytes pass as they come: a stream, or one of a method of which nothing is known. It goes to another node only while no connection has asked for its body.</summary>
/// <remarks>Not thread-safe: made for one call.</remarks>
internal sealed class PassingCall(HttpRequestMessage request, HttpContent? body, string? method, CallRoute route, CallDeadline deadline, NodeTrust trust, ClientMeters meters, CancellationToken cancellationToken)
{
    private const string NodeField = "x-edgemesh-node";

    /// <summary>Sends it.</summary>
    /// <returns>The answer, as soon as it begins; or UNAVAILABLE, naming the nodes that could not be reached.</returns>
    /// <exception cref="HttpRequestException">The connection failed when the call may have reached its node.</exception>
    public async Task<HttpResponseMessage> SendAsync()
    {
        while (route.Next() is { } node)
        {
            var outcome = await TryAsync(node).ConfigureAwait(false);
            if (outcome.Answer is not null)
            {
                return outcome.Answer;
            }

            if (!outcome.IsNeverSent)
            {
                throw outcome.Fault!;
            }

            route.Leave(outcome);
            if (route.IsAtEnd)
            {
                break;
            }
        }

        return route.Unavailable();
    }

    private async Task<AttemptOutcome> TryAsync(NodeState node)
    {
        var content = body is null ? null : new PassingContent(body);
        var copy = deadline.Copy(request, node, content);
        var telemetry = AttemptTelemetry.Begin(meters, node, node.Begin(), method, route.Attempts > 1 ? AttemptReason.Retry : AttemptReason.First, copy);
        var isRunning = false;
        try
        {
            var answer = await node.Invoker.SendAsync(copy, cancellationToken).ConfigureAwait(false);
            answer.RequestMessage = request;
            if (!answer.Headers.NonValidated.Contains(NodeField))
            {
                // A node's own services do not say who answers; who has a stream may ask when its node leaves.
                answer.Headers.TryAddWithoutValidation(NodeField, node.Name);
            }

            NodeTrust.Note(node, GrpcStatusOf.Read(answer.Headers));
            answer.Content = new RunningAnswer(answer, node, trust, telemetry);
            isRunning = true;
            return new AttemptOutcome(node, answer, null, IsWell: true, MayRepeat: false, IsNeverSent: false);
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested && AttemptOutcome.IsOfNode(fault))
        {
            var isNeverSent = content is not { HasBegun: true } && TransportFault.IsNeverSent(fault);
            trust.Note(node, fault);
            telemetry.End(GrpcStatusCode.Unavailable);
            return new AttemptOutcome(node, null, fault, IsWell: false, MayRepeat: isNeverSent, isNeverSent);
        }
        catch
        {
            telemetry.End(GrpcStatusCode.Cancelled);
            throw;
        }
        finally
        {
            if (!isRunning)
            {
                node.End();
            }
        }
    }
}
